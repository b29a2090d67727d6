"""Zones as people write them, and what is in them."""

from dataclasses import dataclass

import pytest
from pydantic import TypeAdapter

from framemesh.core.detection import Point
from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.pipeline.zones import MAX_CORNERS, Zone, ZoneSpec

TRIANGLE = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
ZONE = TypeAdapter[ZoneSpec](Zone)


@dataclass(frozen=True, slots=True)
class Document:
    zones: dict[str, Zone]


def zone(*points: tuple[float, float], cameras: tuple[str, ...] = ()) -> ZoneSpec:
    return ZONE.validate_python({"points": [list(point) for point in points], "cameras": cameras})


def test_points_alone_are_a_zone_of_all_cameras() -> None:
    short = ZONE.validate_python(TRIANGLE)
    assert short == ZONE.validate_python({"points": TRIANGLE})
    assert short == ZoneSpec(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    assert short.is_for("gate")


def test_a_zone_of_some_cameras_is_of_no_others() -> None:
    some = ZONE.validate_python({"points": TRIANGLE, "cameras": ["gate", "hall"]})
    assert some.is_for("gate")
    assert not some.is_for("yard")


def test_what_is_written_is_read_again() -> None:
    document = Document({"yard": zone((0.1, 0.2), (0.9, 0.2), (0.5, 1.0), cameras=("gate",))})
    assert read(dump(document), Document, "pipeline") == document


MEETS = "the line after point 1 meets the one after point"
ORDER = "give the points in order around the zone"
MEETS_2, MEETS_3, MEETS_4 = (f"{MEETS} {other}: {ORDER}" for other in (2, 3, 4))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (TRIANGLE[:2], "yard.points: tuple should have at least 3 items"),
        ([[n / 100, n * n / 10000] for n in range(MAX_CORNERS + 1)], "yard.points: tuple should"),
        ([*TRIANGLE[:2], [0.5, 1.01]], r"yard.points\[2\]\[1\]: input should be less than"),
        ([*TRIANGLE[:2], [-0.1, 0.5]], r"yard.points\[2\]\[0\]: input should be greater than"),
        ([*TRIANGLE[:2], [float("nan"), 0.5]], r"yard.points\[2\]\[0\]: input should be"),
        ([*TRIANGLE[:2], [0.5, 0.5, 0.5]], r"yard.points\[2\]: tuple should have at most 2 items"),
        ({"points": TRIANGLE, "camera": "gate"}, "yard.camera: is not a field"),
        ({"cameras": ["gate"]}, "yard.points: is missing"),
        ({"points": TRIANGLE, "cameras": ["a gate"]}, r"yard.cameras\[0\]: bad name 'a gate'"),
        ("yard", r"yard: a zone is \[\[x, y\], \.\.\.\], or \{points: "),
        (None, r"yard: a zone is \[\[x, y\], \.\.\.\], or \{points: "),
        ([*TRIANGLE, [0.0, 0.0]], "point 4 is the same as point 1: leave one out"),
        ([[0, 0], [0, 0], [1, 0], [0, 1]], "point 2 is the same as point 1: leave one out"),
        ([[0, 0], [0.5, 0.5], [1, 1]], "the points are on one line: a zone has an area"),
        ([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]], "the points are on one line: a zone has an area"),
        ([[0, 0], [1, 0], [0.5, 1e-7]], "the points are on one line: a zone has an area"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], MEETS_3),
        ([[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]], MEETS_3),
        ([[0, 0], [1, 0], [0.5, 0], [0.5, 1]], MEETS_2),
        ([[0.5, 0], [0, 0], [1, 0], [0.5, 1]], MEETS_2),
        ([[0.5, 0.5], [0.5, 0.75], [0, 0.6], [0.5, 1]], MEETS_4),
    ],
)
def test_what_is_no_polygon_is_refused_with_its_field(written: object, problem: str) -> None:
    with pytest.raises(InvalidDocument, match=problem):
        read({"zones": {"yard": written}}, Document, "pipeline")


@pytest.mark.parametrize(
    "points",
    [
        [[0, 0], [1, 0], [1, 1], [0, 1]],
        [[0, 1], [1, 1], [1, 0], [0, 0]],
        [[0, 0], [0.5, 0], [1, 0], [1, 1]],
        [[0, 0], [1, 0], [1, 1], [0.5, 0.1], [0, 1]],
        [[0, 0], [0.01, 0], [0, 0.01]],
    ],
)
def test_polygons_of_any_form_and_direction_are_zones(points: list[list[float]]) -> None:
    assert [list(point) for point in ZONE.validate_python(points).points] == points


SQUARE = zone((0.1, 0.1), (0.7, 0.1), (0.7, 0.9), (0.1, 0.9))


@pytest.mark.parametrize(
    "point",
    [(0.4, 0.5), (0.1, 0.1), (0.7, 0.9), (0.3, 0.1), (0.3, 0.9), (0.1, 0.3), (0.7, 0.3)],
)
def test_a_point_within_or_on_an_edge_is_inside(point: tuple[float, float]) -> None:
    assert SQUARE.contains(Point(*point))


@pytest.mark.parametrize(
    "point", [(0.0, 0.1), (0.8, 0.1), (0.0, 0.9), (0.8, 0.9), (0.1, 0.0), (0.1, 1.0), (0.8, 0.5)]
)
def test_a_point_in_line_with_an_edge_and_beyond_it_is_outside(point: tuple[float, float]) -> None:
    assert not SQUARE.contains(Point(*point))


def test_a_zone_may_have_a_bay() -> None:
    bay = zone((0, 0), (1, 0), (1, 1), (0.5, 0.25), (0, 1))
    assert bay.contains(Point(0.5, 0.125))
    assert not bay.contains(Point(0.5, 0.5))
    assert bay.contains(Point(0.125, 0.5))
    assert bay.contains(Point(0.875, 0.5))
