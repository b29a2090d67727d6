"""Quantiles of a window, against a sorted list."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.latency.recent_quantiles import RecentQuantiles

VALUES = st.lists(st.floats(0, 10), min_size=1, max_size=60)


@settings(max_examples=50)
@given(VALUES, st.integers(1, 20), st.floats(0.01, 0.99))
def test_a_quantile_is_that_of_the_last_values(values: list[float], size: int, q: float) -> None:
    recent = RecentQuantiles(size)
    for value in values:
        recent.add(value)
    window = sorted(values[-size:])
    assert len(recent) == len(window)
    found = recent.quantile(q)
    assert found in window
    assert sum(value <= found for value in window) >= q * len(window) - 1e-6
    assert sum(value < found for value in window) <= math.ceil(q * len(window)) - 1


def test_of_twenty_values_the_95th_percentile_is_the_second_largest() -> None:
    recent = RecentQuantiles()
    for value in range(20, 0, -1):
        recent.add(float(value))
    assert recent.quantile(0.95) == 19
    assert recent.quantile(0.96) == 20
    assert recent.quantile(0.5) == 10


def test_it_forgets_all_that_is_older_than_its_window() -> None:
    recent = RecentQuantiles(size=4)
    for value in [100.0] * 50 + [1.0] * 4:
        recent.add(value)
    assert recent.quantile(0.99) == 1


def test_of_nothing_there_is_no_quantile() -> None:
    recent = RecentQuantiles()
    recent.add(1.0)
    recent.clear()
    with pytest.raises(IndexError):
        recent.quantile(0.5)
