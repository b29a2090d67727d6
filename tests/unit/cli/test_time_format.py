import pytest

from framemesh.cli.common.time_format import format_duration, format_time


def test_a_moment_is_told_to_the_millisecond() -> None:
    assert format_time(1_700_000_000_123_999_999) == "2023-11-14 22:13:20.123 UTC"


@pytest.mark.parametrize(
    ("nano", "said"),
    [(35_400_000, "35 ms"), (-5_000_000, "-5 ms"), (12_540_000_000, "12.5 s"), (9e12, "2.5 h")],
)
def test_how_long_something_lasted_is_told_in_a_unit_that_fits(nano: float, said: str) -> None:
    assert format_duration(0, int(nano)) == said
