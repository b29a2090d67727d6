"""Whether a point is in a polygon, beside the winding number of the polygon around it.

Coordinates are 64ths, whose products floats hold exactly: nothing is rounded, on edges neither.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from framemesh.core.pipeline.polygon import Corner, contains, polygon_problem

GRID = 64
Cell = tuple[int, int]
"""A place, in 64ths of the frame."""

CELLS = st.tuples(st.integers(0, GRID), st.integers(0, GRID))


def corners(cells: Sequence[Cell]) -> list[Corner]:
    return [(x / GRID, y / GRID) for x, y in cells]


def cross(a: Cell, b: Cell, c: Cell) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def edges(cells: Sequence[Cell]) -> list[tuple[Cell, Cell]]:
    return list(pairwise((*cells, cells[0])))


def is_on_edge(cells: Sequence[Cell], point: Cell) -> bool:
    """On a line between two corners, by the triangle inequality of its coordinates."""
    return any(
        cross(a, b, point) == 0
        and sum(abs(a[i] - point[i]) + abs(point[i] - b[i]) - abs(a[i] - b[i]) for i in (0, 1)) == 0
        for a, b in edges(cells)
    )


def winding_number(cells: Sequence[Cell], point: Cell) -> int:
    """How often a polygon goes around a point that is on none of its edges: the sum of the angles
    under which it sees them."""
    turned = 0.0
    for a, b in edges(cells):
        seen = [math.atan2(y - point[1], x - point[0]) for x, y in (a, b)]
        turned += (seen[1] - seen[0] + math.pi) % math.tau - math.pi
    return round(turned / math.tau)


def hull(cells: Sequence[Cell]) -> list[Cell]:
    """The corners of the smallest convex polygon around all of them."""
    parts: list[list[Cell]] = []
    for ordered in (sorted(set(cells)), sorted(set(cells), reverse=True)):
        part: list[Cell] = []
        for cell in ordered:
            while len(part) > 1 and cross(part[-2], part[-1], cell) <= 0:
                part.pop()
            part.append(cell)
        parts.append(part[:-1])
    return parts[0] + parts[1]


@st.composite
def convex(draw: st.DrawFn) -> list[Cell]:
    found = hull(draw(st.lists(CELLS, min_size=3, max_size=12)))
    assume(len(found) >= 3)
    return found


@st.composite
def star_shaped(draw: st.DrawFn) -> list[Cell]:
    """Around the middle, one corner in each direction: no two of its edges cross."""
    middle = (GRID // 2, GRID // 2)
    by_direction: dict[tuple[int, int], Cell] = {}
    for cell in draw(st.lists(CELLS.filter(lambda cell: cell != middle), min_size=5, max_size=16)):
        x, y = cell[0] - middle[0], cell[1] - middle[1]
        step = math.gcd(x, y)
        by_direction[x // step, y // step] = cell
    ordered = sorted(by_direction, key=lambda step: math.atan2(step[1], step[0]))
    found = [by_direction[step] for step in ordered]
    # Otherwise the middle is not inside, and edges on both sides of it may cross.
    assume(all(cross(middle, a, b) > 0 for a, b in edges(found)))
    return found


POLYGONS = st.one_of(convex(), star_shaped())


@given(POLYGONS, CELLS, st.booleans())
def test_a_point_is_inside_if_the_polygon_goes_around_it(
    cells: list[Cell], point: Cell, reverse: bool
) -> None:
    polygon = cells[::-1] if reverse else cells
    inside = is_on_edge(polygon, point) or winding_number(polygon, point) != 0
    assert contains(corners(polygon), point[0] / GRID, point[1] / GRID) is inside


@given(POLYGONS, st.integers(0, 15), CELLS)
def test_it_does_not_matter_with_which_corner_a_polygon_begins(
    cells: list[Cell], begin: int, point: Cell
) -> None:
    x, y = point[0] / GRID, point[1] / GRID
    at = begin % len(cells)
    assert contains(corners(cells[at:] + cells[:at]), x, y) is contains(corners(cells), x, y)


@given(POLYGONS, st.data())
def test_each_corner_and_the_middle_of_each_edge_are_inside(
    cells: list[Cell], data: st.DataObject
) -> None:
    (ax, ay), (bx, by) = data.draw(st.sampled_from(edges(cells)))
    assert contains(corners(cells), ax / GRID, ay / GRID)
    assert contains(corners(cells), (ax + bx) / 2 / GRID, (ay + by) / 2 / GRID)


@given(POLYGONS, st.floats(-2, 3), st.floats(-2, 3))
def test_any_point_is_judged_as_exact_arithmetic_does_unless_it_is_at_an_edge(
    cells: list[Cell], x: float, y: float
) -> None:
    """By a ray to the top instead of one to the right."""
    px, py = Fraction(x) * GRID, Fraction(y) * GRID
    crossed = 0
    for (ax, ay), (bx, by) in edges(cells):
        assume(abs((bx - ax) * (py - ay) - (by - ay) * (px - ax)) > Fraction(1, 10**9))
        if (ax > px) != (bx > px) and ay + (px - ax) * Fraction(by - ay, bx - ax) < py:
            crossed += 1
    assert contains(corners(cells), x, y) is (crossed % 2 == 1)


@given(POLYGONS)
def test_polygons_whose_edges_do_not_cross_are_accepted(cells: list[Cell]) -> None:
    assert polygon_problem(corners(cells)) == ""


Place = tuple[Fraction, Fraction]


def common(a: Cell, b: Cell, c: Cell, d: Cell) -> set[Place]:
    """Where two edges have a point in common: nowhere, in one place, or from one to another."""
    across = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
    if across:
        along = Fraction((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0]), across)
        other = Fraction((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0]), across)
        if not (0 <= along <= 1 and 0 <= other <= 1):
            return set()
        return {(a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1]))}
    if cross(a, b, c):
        return set()
    first, last = max(min(a, b), min(c, d)), min(max(a, b), max(c, d))
    return {(Fraction(x), Fraction(y)) for x, y in (first, last)} if first <= last else set()


def meets_itself(cells: Sequence[Cell]) -> bool:
    """Whether two edges have more in common than a corner that is the end of both."""
    lines = edges(cells)
    for i, j in combinations(range(len(lines)), 2):
        shared = set(lines[i]) & set(lines[j]) if (j - i) in (1, len(lines) - 1) else set[Cell]()
        if common(*lines[i], *lines[j]) - shared:
            return True
    return False


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=6))
def test_points_are_refused_if_their_edges_meet(cells: list[Cell]) -> None:
    refused = len(set(cells)) < len(cells) or meets_itself(cells)
    assert (polygon_problem(corners(cells)) != "") is refused
