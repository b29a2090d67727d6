"""By how much a backend takes longer than was predicted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.load.correction import (
    HALF_LIFE_SECONDS,
    LEAST,
    MOST,
    Correction,
)


def test_it_comes_to_the_ratio_that_is_seen() -> None:
    correction = Correction()
    assert correction.ratio(0.0) == 1
    for _ in range(30):
        correction.observe(predicted=0.1, seconds=0.2, now=0.0)
    assert correction.ratio(0.0) == pytest.approx(2.0, rel=0.01)


def test_twice_and_half_as_long_make_up_for_each_other() -> None:
    correction = Correction()
    for _ in range(200):
        correction.observe(0.1, 0.2, now=0.0)
        correction.observe(0.1, 0.05, now=0.0)
    assert correction.ratio(0.0) == pytest.approx(1.0, abs=0.1)


def test_a_backend_that_is_not_seen_is_forgiven() -> None:
    correction = Correction()
    for _ in range(100):
        correction.observe(0.1, 0.4, now=0.0)
    assert correction.ratio(HALF_LIFE_SECONDS) == pytest.approx(2.0, rel=0.01)
    assert correction.ratio(10 * HALF_LIFE_SECONDS) == pytest.approx(1.0, rel=0.01)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1e4)), max_size=50))
def test_it_is_bounded_whatever_is_seen(seen: list[tuple[float, float]]) -> None:
    correction = Correction()
    for predicted, seconds in seen:
        correction.observe(predicted, seconds, now=0.0)
    assert LEAST - 1e-9 <= correction.ratio(0.0) <= MOST + 1e-9
