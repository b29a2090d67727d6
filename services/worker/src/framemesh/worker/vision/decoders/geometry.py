"""Forms of boxes, and from pixels to fractions."""

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import InputSize
from framemesh.worker.vision.decoders.decoder import Array


def as_floats(values: NDArray[np.generic]) -> Array:
    """The values of an output in float32; no copy where they are that already."""
    return np.asarray(values, np.float32)


def corners_of_centred(boxes: Array) -> Array:
    """[n, 4] centre x, centre y, width, height as left, top, right, bottom."""
    half = boxes[:, 2:4] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def fractions_of_pixels(pixels: Array, size: InputSize) -> Array:
    """[n, 2 k] x, y, x, y, ... in pixels of the input, as fractions of it."""
    pairs = pixels.shape[1] // 2
    return np.asarray(pixels / np.tile(np.array([size.width, size.height]), pairs), np.float32)
