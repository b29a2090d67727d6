"""What the detector of codes learns from: small pictures, and the heat and boxes of each place."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.text.parcels import WIDTH, parcels

SIDE_X, SIDE_Y = 384, 256
"""Of the input."""
STRIDE = 8
CELLS_X, CELLS_Y = SIDE_X // STRIDE, SIDE_Y // STRIDE
SHARE = SIDE_X / WIDTH

Small = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""A picture in the size of the input, [SIDE_Y, SIDE_X, 3], and boxes in its pixels, [codes, 4]."""


def scene(random: np.random.Generator) -> Small:
    sample = parcels(random)
    return cv2.resize(sample.image, (SIDE_X, SIDE_Y)), sample.boxes * SHARE


def varied(random: np.random.Generator, small: Small) -> Small:
    """Brighter or darker, with other colors, and moved."""
    image, boxes = small
    shift = random.integers(-30, 31, 2)
    moved = cv2.warpAffine(
        image,
        np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float),
        (SIDE_X, SIDE_Y),
        borderMode=cv2.BORDER_REFLECT_101,
    )
    gain = random.uniform(0.7, 1.25) * random.uniform(0.92, 1.08, 3)
    lit = np.clip(moved * gain + random.uniform(-15, 15), 0, 255).astype(np.uint8)
    there = boxes + np.tile(shift, 2)
    # A code that is cut by the border is seen mirrored: what is left of it is nothing to learn.
    whole = (there[:, :2].min(axis=1) > 2) & (there[:, 2] < SIDE_X - 2) & (there[:, 3] < SIDE_Y - 2)
    if not whole.all():
        return image, boxes
    return lit, there.astype(np.float32)


def targets(boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Heat [CELLS_Y, CELLS_X], 1 at the middle of a code and less beside it; and the sides of the
    boxes in pixels, [4, CELLS_Y, CELLS_X], 0 where there is no box."""
    heat = np.zeros((CELLS_Y, CELLS_X), np.float32)
    sides = np.zeros((4, CELLS_Y, CELLS_X), np.float32)
    rows, columns = np.mgrid[:CELLS_Y, :CELLS_X]
    for left, top, right, bottom in boxes:
        x, y = (left + right) / 2 / STRIDE - 0.5, (top + bottom) / 2 / STRIDE - 0.5
        wide = max(1.0, (right - left) / STRIDE / 6)
        near = np.exp(-((columns - x) ** 2 / wide**2 + (rows - y) ** 2) / 2)
        near[round(float(y)), round(float(x))] = 1
        heat = np.maximum(heat, near.astype(np.float32))
        sides[:, near > 0.5] = np.array([left, top, right, bottom])[:, None]
    return heat, sides
