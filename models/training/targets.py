"""The target tensors of a picture, computed from its marks."""

from dataclasses import dataclass

import numpy as np

from .boxes import Floats
from .marks import Marks, confidence
from .settings import Grid, Marking

SPREAD = 0.12
"""Standard deviation of a person's heat, as a share of the box' side."""

LEAST_SPREAD = 0.6
"""The same in cells: narrower, and a person between two cells would be seen by neither."""

CORE = 0.5
"""Cells with at least this share of a person's peak heat learn the person's box."""


@dataclass(frozen=True)
class Target:
    """`heat` [1, rows, columns]; `boxes` [4, rows, columns], which count with `weight` [same]."""

    heat: Floats
    boxes: Floats
    weight: Floats


def draw(marks: Marks, grid: Grid, rule: Marking) -> Target:
    """Each mark as a Gaussian of heat around its centre; where they overlap, the maximum counts."""
    sure = confidence(marks, rule)
    peak = np.where(marks.moving, sure, sure * rule.clutter_heat)
    hills = _gaussians(marks.boxes, grid)
    if len(hills) == 0:
        empty = np.zeros((1, grid.rows, grid.columns), dtype=np.float32)
        return Target(empty, np.repeat(empty, 4, axis=0), empty)
    heat = (hills * peak[:, None, None]).max(axis=0)
    claim = hills * sure[:, None, None] * (hills >= CORE)
    owner = claim.argmax(axis=0)
    boxes = marks.boxes[owner].transpose(2, 0, 1)
    return Target(heat[None], boxes, claim.max(axis=0)[None])


def _gaussians(boxes: Floats, grid: Grid) -> Floats:
    """A Gaussian for each box, [n, rows, columns], scaled so that its highest cell is 1."""
    across = _gaussian_1d(boxes[:, 0], boxes[:, 2], grid.columns)
    down = _gaussian_1d(boxes[:, 1], boxes[:, 3], grid.rows)
    return down[:, :, None] * across[:, None, :]


def _gaussian_1d(start: Floats, end: Floats, cells: int) -> Floats:
    """The Gaussian along one axis, [n, cells]."""
    distance = (np.arange(cells) + 0.5)[None] - ((start + end) / 2 * cells)[:, None]
    spread = np.maximum(SPREAD * (end - start) * cells, LEAST_SPREAD)[:, None]
    exponent = (distance / spread) ** 2 / 2
    nearest = exponent.min(axis=1, keepdims=True)
    return np.exp(nearest - exponent).astype(np.float32)
