"""What a condition says of items and frames."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from framemesh.core.clock import NANO
from framemesh.core.detection import Box, Detection
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.condition.parsing import parse
from framemesh.core.pipeline.zones import ZoneSpec

LEFT_HALF = ZoneSpec(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
BOTTOM_OF_GATE = ZoneSpec(((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)), cameras=("gate",))
ZONES = {"left": LEFT_HALF, "bottom": BOTTOM_OF_GATE}


def item(label: str = "car", score: float = 0.75, box: Box | None = None) -> Detection:
    return Detection("things", label, 0, score, box)


CAR = item(box=Box(0.25, 0.25, 0.5, 0.75))
"""A quarter of the frame wide and half of it high, standing at (0.375, 0.75)."""

RAIN = item("rain")


def at(moment: str) -> int:
    return round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * NANO


SUNDAY_NIGHT = at("2026-11-29T23:30:00")


def frame(
    camera: str = "gate", captured: int = SUNDAY_NIGHT, **items: list[Detection]
) -> FrameFacts:
    return FrameFacts(camera, captured, items, ZONES)


def says(text: str, of: Detection | None, facts: FrameFacts) -> bool:
    return parse(text).test(of, facts)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("label", "'car'"),
        ("score", "0.75"),
        ("area", "0.125"),
        ("x", "0.375"),
        ("y", "0.75"),
        ("width", "0.25"),
        ("height", "0.5"),
        ("camera", "'gate'"),
        ("weekday", "'sun'"),
        ("count(people)", "2"),
        ("count(people, score > 0.5)", "1"),
        ("count(people, label in ('cat', 'person') and score < 0.5)", "1"),
        ("count(nobody)", "0"),
    ],
)
def test_each_name_stands_for_its_value(text: str, value: str) -> None:
    facts = frame(people=[item("person", 0.75), item("person", 0.25)])
    assert says(f"{text} == {value}", CAR, facts)
    assert says(f"{value} == {text}", CAR, facts)
    assert says(f"{text} in ({value})", CAR, facts)
    assert not says(f"{text} != {value}", CAR, facts)
    assert not says(f"{text} not in ({value})", CAR, facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("area < 0.125", False),
        ("area <= 0.125", True),
        ("area > 0.125", False),
        ("area >= 0.125", True),
        ("0.125 < area", False),
        ("0.125 <= area", True),
        ("0.1 < area < 0.125", False),
        ("0.1 < area <= 0.125", True),
        ("0.2 < area < 0.5", False),
        ("0.5 > area > 0.1", True),
        ("height > width", True),
        ("width < height < y", True),
        ("width < height < x", False),
        ("not area > 0.1", False),
        ("area > 0.1 and score > 0.9", False),
        ("area > 0.1 or score > 0.9", True),
        ("area > 0.2 or score > 0.9 or x > 0.3", True),
        ("label not in ('bus', 'truck')", True),
    ],
)
def test_comparisons_and_what_joins_them(text: str, expected: bool) -> None:
    assert says(text, CAR, frame()) is expected


@pytest.mark.parametrize(
    ("moment", "night", "day"),
    [
        ("1970-01-01T00:00:00", True, "thu"),
        ("2026-11-28T21:59:59", False, "sat"),
        ("2026-11-28T22:00:00", True, "sat"),
        ("2026-11-29T05:59:59", True, "sun"),
        ("2026-11-30T06:00:00", False, "mon"),
        ("1969-12-31T12:00:00", False, "wed"),
    ],
)
def test_times_and_weekdays_are_those_of_the_capture_in_utc(
    moment: str, night: bool, day: str
) -> None:
    facts = frame(captured=at(moment))
    assert says("time >= 22:00 or time < 06:00", None, facts) is night
    assert says(f"weekday == '{day}'", None, facts)


def test_a_time_is_compared_to_the_nanosecond() -> None:
    noon = at("2026-11-29T12:00:00")
    assert says("time <= 12:00", None, frame(captured=noon))
    assert not says("time <= 12:00", None, frame(captured=noon + 1))
    assert says("time < 12:00", None, frame(captured=noon - 1))
    assert says("time > 12:00:29", None, frame(captured=noon + 30 * NANO))


def test_a_thing_is_in_a_zone_if_the_middle_of_its_lower_edge_is() -> None:
    feet_left = item(box=Box(0.3, 0.25, 0.6, 0.75))
    feet_right = item(box=Box(0.3, 0.25, 0.8, 0.75))
    above = item(box=Box(0.3, 0.25, 0.6, 0.4))
    assert says("in_zone('left')", feet_left, frame())
    assert not says("in_zone('left')", feet_right, frame())
    assert says("in_zone('bottom')", feet_right, frame())
    assert not says("in_zone('bottom')", above, frame())


def test_a_zone_of_some_cameras_is_in_no_frame_of_another() -> None:
    assert says("in_zone('bottom')", CAR, frame("gate"))
    assert not says("in_zone('bottom')", CAR, frame("hall"))
    assert says("in_zone('left')", CAR, frame("hall"))


PLACES = ["area > 0", "area <= 1", "x >= 0", "y != 0.5", "width < height", "in_zone('left')"]


@pytest.mark.parametrize("text", PLACES)
def test_nothing_is_true_of_the_place_of_what_has_no_box(text: str) -> None:
    assert not says(text, RAIN, frame())
    assert says(f"not {text}", RAIN, frame())


def test_a_class_without_a_box_has_a_label_and_a_score() -> None:
    assert says("label == 'rain' and score == 0.75", RAIN, frame())


@pytest.mark.parametrize("text", [*PLACES, "label != 'a'", "label not in ('a')", "score >= 0"])
def test_nothing_is_true_of_an_item_where_there_is_none(text: str) -> None:
    assert not says(text, None, frame())


def test_a_zone_that_there_is_not_has_nothing_in_it() -> None:
    assert not says("in_zone('garden')", CAR, frame())


def test_a_count_looks_at_its_own_items_and_not_at_the_one_that_is_asked() -> None:
    people = [item("person", box=Box(0.6, 0.2, 0.8, 0.4)), item("person", box=Box(0, 0, 0.2, 0.4))]
    facts = frame(people=people)
    assert says("in_zone('left') and count(people, in_zone('left')) == 1", CAR, facts)
    assert says("count(people) > count(people, in_zone('left'))", None, facts)


def test_many_items_of_a_frame_count_once() -> None:
    asked: list[str] = []

    class Asked(list[Detection]):
        def __iter__(self) -> Iterator[Detection]:
            asked.append("again")
            return super().__iter__()

    facts = FrameFacts("gate", SUNDAY_NIGHT, {"people": Asked([item(), item()])}, ZONES)
    condition = parse("count(people, score > 0.5) == 2 and count(people, score > 0.9) == 0")
    assert all(condition.test(CAR, facts) for _ in range(100))
    assert len(asked) == 2


def test_what_was_counted_in_one_frame_is_not_of_the_next() -> None:
    condition = parse("count(people, score > 0.5) == 1")
    assert condition.test(None, frame(people=[item()]))
    assert not condition.test(None, frame(people=[item(), item()]))
    assert not condition.test(None, frame())
