"""Trends and growths of what was seen."""

import pytest

from framemesh.cli.top.history import Earlier, Series


def series(*values: float, step: float = 1.0) -> Series:
    made = Series()
    for number, value in enumerate(values):
        made.add(100.0 + number * step, value)
    return made


def test_a_backlog_that_rises_by_two_a_second_grows_by_two() -> None:
    assert series(*range(0, 100, 2)).growth == pytest.approx(2.0)


def test_growth_forgets_what_was_more_than_ten_seconds_ago() -> None:
    assert series(*[0.0] * 30, *[500.0] * 12).growth == 0.0


@pytest.mark.parametrize("values", [(), (5.0,)])
def test_of_too_little_there_is_no_growth(values: tuple[float, ...]) -> None:
    assert series(*values).growth == 0.0


def test_a_trend_shows_the_last_minute_up_to_its_highest_value() -> None:
    assert series(*range(60)).trend(6) == "▂▃▄▆▇█"
    assert series(*[0.0] * 60).trend(6) == "▁▁▁▁▁▁"


def test_a_trend_is_blank_where_nothing_was_seen() -> None:
    assert series(8.0, 8.0).trend(4) == "   █"
    assert series().trend(4) == "    "


def test_a_peak_is_in_a_trend_however_narrow_it_is() -> None:
    assert "█" in series(*[0.0] * 20, 9.0, *[0.0] * 20).trend(3)


def test_what_was_earlier_is_between_half_and_all_of_the_time_ago() -> None:
    earlier: Earlier[float] = Earlier(10.0)
    assert earlier.value is None
    for at in range(100):
        earlier.add(float(at), float(at))
        assert earlier.value is not None
        age = at - earlier.value[0]
        assert age <= 10
        assert at < 10 or age >= 5
