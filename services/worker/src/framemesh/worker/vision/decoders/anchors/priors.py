"""Boxes of fixed sizes that a model moves and stretches."""

import numpy as np

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.decoders.faces.priors import KEYPOINTS, Priors
from framemesh.worker.vision.decoders.decoder import Array

CENTRE_VARIANCE = 0.1
"""How much of its prior's size a box moves by an offset of 1, as all who train with priors have
it."""

MAX_LOG = 20.0
"""Of a size in those of its prior: beyond any input, and not beyond float32."""


def prior_boxes(priors: Priors, size: InputSize) -> Array:
    """[n, 4] centre x, y, width, height in fractions of the input, row by row from the upper
    left."""
    boxes = []
    for stride, sides in priors.sides.items():
        columns, rows = priors.cells(size.width, stride), priors.cells(size.height, stride)
        for row in range(rows):
            for column in range(columns):
                x = (column + 0.5) * stride / size.width
                y = (row + 0.5) * stride / size.height
                boxes += [(x, y, side / size.width, side / size.height) for side in sides]
    return np.array(boxes, np.float32).reshape(-1, 4)


def moved_corners(priors: Array, offsets: Array, size_variances: tuple[float, float]) -> Array:
    """[n, 4] left, top, right, bottom of priors [n, 4] that are moved by offsets [n, 4].

    size_variances: of width and height: how much the logarithm of a size grows by an offset of 1.
    """
    centres = priors[:, :2] + offsets[:, :2] * CENTRE_VARIANCE * priors[:, 2:]
    logs = np.minimum(offsets[:, 2:] * np.array(size_variances, np.float32), MAX_LOG)
    half = priors[:, 2:] * np.exp(logs) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def moved_keypoints(priors: Array, offsets: Array) -> Array:
    """[n, 10] x, y, ... of five keypoints, at offsets [n, 10] from the centres of priors [n, 4]."""
    centres, sizes = (np.tile(part, KEYPOINTS) for part in (priors[:, :2], priors[:, 2:]))
    return np.asarray(centres + offsets * CENTRE_VARIANCE * sizes)
