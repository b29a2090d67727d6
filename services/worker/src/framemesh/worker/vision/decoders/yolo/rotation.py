"""Oriented boxes: their corners, and which of them show the same thing."""

import numpy as np

from framemesh.worker.vision.decoders.decoder import Array
from framemesh.worker.vision.decoders.ranking import Indices

MAX_ORIENTED = 1000
"""Boxes that are compared with one another, the best first: each with all better ones."""

BLOCK = 64
"""Boxes that are compared at once: what is behind enough good ones is never looked at."""

EPSILON = 1e-7
"""Keeps quotients and logarithms finite, as the family's authors have it."""


def corners_of(oriented: Array) -> Array:
    """[n, 5] centre x, y, width, height, angle (radians, clockwise) -> [n, 4, 2] corners around."""
    cosine, sine = np.cos(oriented[:, 4:]), np.sin(oriented[:, 4:])
    across = oriented[:, 2:3] / 2 * np.concatenate([cosine, sine], axis=1)
    down = oriented[:, 3:4] / 2 * np.concatenate([-sine, cosine], axis=1)
    centre = oriented[:, :2]
    return np.stack(
        [
            centre - across - down,
            centre + across - down,
            centre + across + down,
            centre - across + down,
        ],
        axis=1,
    )


def rotated_suppression(oriented: Array, groups: Indices, threshold: float, limit: int) -> Indices:
    """Indices of the boxes that overlap no better box of their group by the threshold or more.

    A better box counts even where it is dropped itself: "fast" suppression, as the family does it
    for oriented boxes. Overlap is the probabilistic one.

    oriented: [n, 5] with n up to MAX_ORIENTED, in pixels, sorted by score. At most `limit` indices
    are returned.
    """
    kept: list[int] = []
    for first in range(0, len(oriented), BLOCK):
        end = min(first + BLOCK, len(oriented))
        overlaps = probabilistic_iou(oriented[:end], oriented[first:end])
        same = groups[:end, None] == groups[None, first:end]
        better = np.arange(end)[:, None] < np.arange(first, end)[None, :]
        dropped = ((overlaps >= threshold) & same & better).any(axis=0)
        kept += (first + np.flatnonzero(~dropped)).tolist()
        if len(kept) >= limit:
            break
    return np.asarray(kept[:limit], np.intp)


def rotated_overlaps(oriented: Array, index: int) -> Array:
    """[n]: how much the box with this index overlaps each of `oriented` [n, 5]."""
    return probabilistic_iou(oriented, oriented[index : index + 1])[:, 0]


def probabilistic_iou(first: Array, second: Array) -> Array:
    """[n, m]: how much oriented boxes [n, 5] and [m, 5] overlap, 0 to 1.

    Each box is a Gaussian; the measure is 1 minus their Hellinger distance (ProbIoU, Llerena et
    al., 2021).
    """
    x1, y1, a1, b1, c1 = (part[:, None] for part in _gaussian(first))
    x2, y2, a2, b2, c2 = (part[None, :] for part in _gaussian(second))
    a, b, c = a1 + a2, b1 + b2, c1 + c2
    determinant = a * b - c**2
    x, y = x2 - x1, y2 - y1
    distance = (a * y**2 + b * x**2 - 2 * c * x * y) / (determinant + EPSILON) / 4
    own = np.sqrt(np.maximum(a1 * b1 - c1**2, 0) * np.maximum(a2 * b2 - c2**2, 0))
    spread = np.log(determinant / (4 * own + EPSILON) + EPSILON) / 2
    bhattacharyya = np.clip(distance + spread, EPSILON, 100)
    return np.asarray(1 - np.sqrt(1 - np.exp(-bhattacharyya) + EPSILON))


def _gaussian(oriented: Array) -> tuple[Array, ...]:
    """Centre x and y, and the covariance (xx, yy, xy), each [n]."""
    x, y, width, height, angle = oriented.astype(np.float64).T
    wide, high = width**2 / 12, height**2 / 12
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        x,
        y,
        wide * cosine**2 + high * sine**2,
        wide * sine**2 + high * cosine**2,
        (wide - high) * cosine * sine,
    )
