import math

from framemesh.monitor.dashboard.samples.series import MAX_AGE_MS, Row, Series


def row(seconds: float, backlog: float = 0.0) -> Row:
    return Row(1000 * seconds, backlog, 0.0, 1.0, 2.0, 3.0, 4.0)


def test_rows_come_back_in_order_after_a_moment() -> None:
    series = Series()
    for second in range(5):
        series.add(row(second))
    assert [each.at_ms for each in series.after(2000)] == [3000, 4000]
    assert series.after(-1)[0] == row(0)


def test_the_oldest_rows_make_room() -> None:
    series = Series(max_rows=3)
    for second in range(5):
        series.add(row(second))
    assert [each.at_ms for each in series.after(-1)] == [2000, 3000, 4000]


def test_rows_that_are_too_old_are_left_out() -> None:
    series = Series()
    series.add(row(0))
    series.add(row(MAX_AGE_MS / 1000 + 1))
    assert len(series.after(-1)) == 1


def test_growth_is_what_came_over_the_last_seconds() -> None:
    series = Series()
    for second in range(20):
        series.add(row(second, backlog=100 + 5 * second))
    assert series.growth(row(20, backlog=200), 10) == 5


def test_growth_is_not_known_of_the_first_row() -> None:
    assert math.isnan(Series().growth(row(1), 10))


def test_what_is_not_known_stays_so() -> None:
    series = Series()
    series.add(row(1, math.nan))
    assert math.isnan(series.after(0)[0].backlog)
    assert math.isnan(series.growth(row(2, 5), 10))
