"""Polygons in the plane: whether one is simple, and whether a point is in it."""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final

Corner = tuple[float, float]

MIN_AREA: Final = 1e-6
"""Of the frame: a pixel of a frame of a megapixel. Less is a line, or nothing."""


def contains(corners: Sequence[Corner], x: float, y: float) -> bool:
    """Whether a point is inside, by the even-odd rule: a ray to the right crosses an odd number of
    edges.

    Corners and points on horizontal and vertical edges are inside. On other edges that depends on
    how the products of differences are rounded.
    """
    inside = False
    ax, ay = corners[-1]
    for bx, by in corners:
        if (ay > y) is not (by > y):
            side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            if side == 0:
                return True
            if (side > 0) is (by > ay):
                inside = not inside
        elif by == y and (bx == x or (ay == y and (ax < x) is not (bx < x))):
            return True
        ax, ay = bx, by
    return inside


def polygon_problem(corners: Sequence[Corner]) -> str:
    """Why points are not the corners of a polygon whose edges meet at its corners alone; empty:
    they are."""
    for first, second in combinations(range(len(corners)), 2):
        if corners[first] == corners[second]:
            return f"point {second + 1} is the same as point {first + 1}: leave one out"
    if _on_one_line(corners):
        return "the points are on one line: a zone has an area"
    for first, second in combinations(range(len(corners)), 2):
        if _meet(corners, first, second):
            return (
                f"the line after point {first + 1} meets the one after point {second + 1}: give the"
                " points in order around the zone"
            )
    return "" if area(corners) >= MIN_AREA else "a zone covers more than nothing: spread the points"


def area(corners: Sequence[Corner]) -> float:
    """What a polygon covers, if its edges do not cross: half the sum of the cross products of
    neighbours."""
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def _on_one_line(corners: Sequence[Corner]) -> bool:
    first = corners[0]
    farthest = max(corners, key=lambda corner: math.dist(first, corner))
    return all(abs(_side(first, farthest, corner)) < MIN_AREA for corner in corners)


def _meet(corners: Sequence[Corner], first: int, second: int) -> bool:
    """Whether two edges, each named by the corner where it begins, have a point in common that is
    no corner of both."""
    count = len(corners)
    a, b = corners[first], corners[(first + 1) % count]
    c, d = corners[second], corners[(second + 1) % count]
    if b == c:
        return _on_edge(d, a, b) or _on_edge(a, c, d)
    if d == a:
        return _on_edge(c, a, b) or _on_edge(b, c, d)
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0:
        return True
    return any((_on_edge(c, a, b), _on_edge(d, a, b), _on_edge(a, c, d), _on_edge(b, c, d)))


def _side(a: Corner, b: Corner, point: Corner) -> float:
    """On which side of the line from a to b a point is; 0: on it."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def _on_edge(point: Corner, a: Corner, b: Corner) -> bool:
    return (
        _side(a, b, point) == 0
        and min(a[0], b[0]) <= point[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
    )
