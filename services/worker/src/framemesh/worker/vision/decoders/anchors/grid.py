"""The places of a grid over a model's input."""

from math import ceil

import numpy as np

from framemesh.core.detection import Keypoint, Point
from framemesh.modeling.decoders.demand import InputSize
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Array, RawDetail
from framemesh.worker.vision.decoders.ranking import Indices


def grid_places(size: InputSize, stride: int) -> Array:
    """[places, 2]: column and row of each, row by row from the upper left."""
    columns, rows = ceil(size.width / stride), ceil(size.height / stride)
    down, across = np.divmod(np.arange(columns * rows), columns)
    return np.stack([across, down], axis=1).astype(np.float32)


def check_places(name: str, values: Array, places: int, size: InputSize) -> None:
    """
    Raises:
        InferenceFailed: output `name`, [n, columns], has not so many rows.
    """
    if len(values) != places:
        raise InferenceFailed(
            f"output {name} has {len(values)} rows, and the grid of an input of {size.width} x "
            f"{size.height} has {places}: check input.width and height, and the decoder"
        )


def keypoint_details(fractions: Array, kept: Indices) -> list[RawDetail]:
    """Of the candidates `kept`: their keypoints, of a model that does not tell how sure it is.

    fractions: [n, 2 k] x, y, x, y, ... of all candidates, in fractions of the input.
    """
    return [
        RawDetail(keypoints=tuple(Keypoint(Point(x, y), 1.0) for x, y in points))
        for points in fractions[kept].reshape(len(kept), -1, 2).tolist()
    ]
