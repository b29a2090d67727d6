"""Averages that forget."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.scheduling.latency.moving_average import MovingAverage


@given(st.lists(st.floats(0, 100), min_size=1, max_size=10))
def test_of_the_first_ten_values_it_is_the_plain_average(values: list[float]) -> None:
    average = MovingAverage()
    for value in values:
        average.add(value)
    assert average.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert average.deviation == pytest.approx(statistics.pstdev(values), abs=1e-4)


def test_later_the_newest_counts_a_tenth() -> None:
    average = MovingAverage(weight=0.1)
    for _ in range(50):
        average.add(1.0)
    assert average.deviation == 0
    average.add(2.0)
    assert average.mean == pytest.approx(1.1)
    assert average.deviation == pytest.approx(0.3)


@given(st.lists(st.floats(5, 6), min_size=1, max_size=80))
def test_it_stays_within_what_was_seen(values: list[float]) -> None:
    average = MovingAverage()
    for value in values:
        average.add(value)
    assert 5 - 1e-9 <= average.mean <= 6 + 1e-9
    assert average.deviation <= 0.5 + 1e-9
