"""What the finder of joints learns from: small pictures, and a heat map of each joint."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.pose.arms import Sample, sample
from training.pose.hall import WIDTH

SIDE_X, SIDE_Y = 192, 144
"""Of the input."""
KEPT_X, KEPT_Y = 320, 240
"""Of a picture that is kept, to be moved about."""
STRIDE = 4
CELLS_X, CELLS_Y = SIDE_X // STRIDE, SIDE_Y // STRIDE
SPREAD = 1.2
"""Cells around a joint in which its heat is over 0.6."""

MIRRORED = [0, 1, 2, 3, 5, 4]
"""In a mirror the left finger is a right one."""

Small = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]
"""A picture, [height, width, 3], the joints in its pixels, [6, 2], and whether each is seen."""


def small(random: np.random.Generator) -> Small:
    made: Sample = sample(random)
    kept = cv2.resize(made.image, (KEPT_X, KEPT_Y))
    return kept, made.keypoints * (KEPT_X / WIDTH), made.seen


def varied(random: np.random.Generator, one: Small) -> Small:
    """In the size of the input: mirrored, nearer or farther, moved, with other light and colors."""
    image, keypoints, seen = one
    if random.random() < 0.5:
        image = image[:, ::-1]
        keypoints = (keypoints * (-1, 1) + (KEPT_X, 0))[MIRRORED]
        seen = seen[MIRRORED]
    scale = random.uniform(0.85, 1.15) * SIDE_X / KEPT_X
    turn = cv2.getRotationMatrix2D((KEPT_X / 2, KEPT_Y / 2), random.uniform(-8, 8), scale)
    turn[:, 2] += random.uniform(-15, 15, 2) * (1, 0.6)
    turn[:, 2] -= ((KEPT_X - SIDE_X) / 2, (KEPT_Y - SIDE_Y) / 2)
    moved = cv2.warpAffine(
        np.ascontiguousarray(image),
        turn,
        (SIDE_X, SIDE_Y),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    joints = keypoints @ turn[:, :2].T + turn[:, 2]
    inside = ((joints > 0) & (joints < (SIDE_X, SIDE_Y))).all(axis=1)
    gain = random.uniform(0.75, 1.25) * random.uniform(0.9, 1.1, 3)
    lit = np.clip(moved * gain + random.uniform(-15, 15), 0, 255).astype(np.uint8)
    return lit, joints.astype(np.float32), seen & inside


def heat(keypoints: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """[6, CELLS_Y, CELLS_X]: a hill at each joint, and nothing for one that is not seen.

    A cell stands for its upper left corner: so `heatmap-pose` reads the place of a peak.
    """
    rows, columns = np.mgrid[:CELLS_Y, :CELLS_X]
    x, y = keypoints.T[:, :, None, None] / STRIDE
    hills = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SPREAD**2))
    return (hills * seen[:, None, None]).astype(np.float32)
