"""Cuts an image into overlapping tiles, and merges what was found in them.

After sliced inference: Akyon, Altinuc, Temizel, "Slicing aided hyper inference and fine-tuning for
small object detection", 2022. What two tiles both show is one thing.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box, Detection
from framemesh.core.pipeline.results import MAX_MERGED, MAX_TILES
from framemesh.core.pipeline.stage_spec import TilesSpec
from framemesh.worker.engine.region import Region
from framemesh.worker.errors import TooManyTiles

SAME_THING = 0.5
"""Two boxes from different tiles are one thing from this share of the smaller one on that lies in
the other."""


def tiles_of(width: int, height: int, spec: TilesSpec) -> list[Region | None]:
    """The tiles of an image of this size, row by row; None is the whole image.

    All have the same size, so neighbours overlap by at least what the specification says.

    Raises:
        TooManyTiles: there are more than MAX_TILES.
    """
    lefts, tops = _starts(width, spec), _starts(height, spec)
    if len(lefts) * len(tops) > MAX_TILES:
        raise TooManyTiles(
            f"an image of {width}x{height} has {len(lefts) * len(tops)} tiles of {spec.size}, and "
            f"{MAX_TILES} are allowed: choose larger tiles"
        )
    tiles: list[Region | None] = []
    for top, left in product(tops, lefts):
        right, bottom = left + min(spec.size, width), top + min(spec.size, height)
        box = Box(left / width, top / height, right / width, bottom / height)
        tiles.append(Region(left, top, right, bottom, box))
    # A single tile is the whole image.
    return [*tiles, None] if spec.whole and len(tiles) > 1 else tiles


def merged(found: Sequence[Sequence[Detection]]) -> list[Detection]:
    """The detections of all tiles, the best first, without those that another tile told as well.

    Of one thing in several tiles the best is kept; if it is a box alone, it grows to what the
    others showed of it. What has no box is told by each tile for itself, and kept.
    """
    everything = [(tile, each) for tile, detections in enumerate(found) for each in detections]
    everything.sort(key=lambda pair: -pair[1].score)
    boxed = [(tile, each) for tile, each in everything if each.box is not None][:MAX_MERGED]
    corners = np.array([_corners(each) for _, each in boxed], np.float64).reshape(-1, 4)
    tiles = np.array([tile for tile, _ in boxed], np.intp)
    classes = np.array([each.class_id for _, each in boxed], np.intp)
    left = np.ones(len(boxed), bool)
    kept: list[Detection] = []
    for at, (_, best) in enumerate(boxed):
        if not left[at]:
            continue
        same = left & (classes == classes[at]) & (tiles != tiles[at])
        same &= _share_of_smaller(corners[at], corners) > SAME_THING
        left &= ~same
        same[at] = True
        plain = not (best.corners or best.keypoints or best.mask or best.raster)
        kept.append(replace(best, box=_around(corners[same])) if plain else best)
    return kept + [each for _, each in everything if each.box is None]


def _starts(length: int, spec: TilesSpec) -> list[int]:
    """Where the tiles begin along a side, evenly spread from edge to edge."""
    if length <= spec.size:
        return [0]
    step = spec.size * (1 - spec.overlap)
    count = 1 + math.ceil((length - spec.size) / step)
    return [round(at * (length - spec.size) / (count - 1)) for at in range(count)]


def _corners(detection: Detection) -> tuple[float, float, float, float]:
    box = detection.box
    if box is None:
        raise AssertionError("only boxes are compared")
    return box.left, box.top, box.right, box.bottom


def _share_of_smaller(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """[n]: of one box [4] and each of others [n, 4], the overlap over the smaller one's area."""
    least = np.maximum(one[:2], others[:, :2])
    most = np.minimum(one[2:], others[:, 2:])
    overlap = np.prod(np.maximum(most - least, 0.0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    smaller = np.minimum(areas, np.prod(one[2:] - one[:2]))
    share: NDArray[np.float64] = overlap / np.maximum(smaller, 1e-12)
    return share


def _around(corners: NDArray[np.float64]) -> Box:
    least, most = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    return Box(float(least[0]), float(least[1]), float(most[0]), float(most[1]))
