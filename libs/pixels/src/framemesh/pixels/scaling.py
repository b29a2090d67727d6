"""Images of another size."""

import numpy as np
from numpy.typing import NDArray

from framemesh.pixels.chosen import prepare as chosen
from framemesh.pixels.preparation import Form, Prepare

UNCHANGED = Form()
"""Pixels stay what they are."""


def scaled(
    pixels: NDArray[np.uint8], width: int, height: int, prepare: Prepare = chosen
) -> NDArray[np.uint8]:
    """An image of this size, as cv2.INTER_AREA scales it."""
    smaller = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    prepare(pixels, smaller, UNCHANGED)
    return smaller
