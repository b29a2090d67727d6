"""Boxes whose sides are told as distributions of their distance from a place (Generalized Focal
Loss): NanoDet and PicoDet."""

import numpy as np

from framemesh.modeling.decoders.demand import BOX_SIDES, InputSize
from framemesh.worker.vision.decoders.activation import softmax
from framemesh.worker.vision.decoders.anchors.grid import grid_places
from framemesh.worker.vision.decoders.decoder import Array

MIDDLE = 0.5
"""Of a cell, in cells from its upper left."""


def distributed_corners(logits: Array, places: Array) -> Array:
    """[n, 4] left, top, right, bottom in pixels of the input.

    Args:
        logits: [n, 4 * (reg_max + 1)]: for each side, of 0, 1, ... reg_max strides from the place.
        places: [n, 3] x, y and stride in pixels.
    """
    steps = np.arange(logits.shape[1] // BOX_SIDES, dtype=np.float32)
    distributions = softmax(logits.reshape(-1, BOX_SIDES, len(steps)))
    distances = distributions @ steps * places[:, 2:]
    return np.concatenate(
        [places[:, :2] - distances[:, :2], places[:, :2] + distances[:, 2:]], axis=1
    )


def strided_places(size: InputSize, stride: int, offset: float) -> Array:
    """[places, 3] x, y and stride in pixels; `offset` in cells from the upper left of each."""
    at = (grid_places(size, stride) + offset) * stride
    return np.pad(at, ((0, 0), (0, 1)), constant_values=stride)
