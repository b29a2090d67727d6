"""A line through what batches of several sizes took."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.latency.batch_line import BatchLine

SIZES = st.lists(st.integers(1, 32), min_size=60, max_size=120)


def test_without_observations_it_goes_through_the_profile() -> None:
    line = BatchLine({1: 0.02, 3: 0.04})
    assert line.at(1) == pytest.approx(0.02)
    assert line.at(2) == pytest.approx(0.03)
    assert line.at(8) == pytest.approx(0.09)


def test_a_profile_is_exact_where_it_was_measured() -> None:
    line = BatchLine({1: 0.02, 2: 0.021, 4: 0.05})
    assert line.prior(2) == 0.021
    assert line.prior(3) != 0.021


@settings(max_examples=20)
@given(SIZES, st.floats(0.001, 0.1), st.floats(0.0, 0.02), st.floats(0.2, 5))
def test_it_finds_the_line_on_which_batches_lie_whatever_the_profile_said(
    sizes: list[int], base: float, each: float, wrong: float
) -> None:
    line = BatchLine({1: (base + each) * wrong, 8: (base + 8 * each) * wrong})
    for size in [1, 32, *sizes, 1, 32]:
        line.observe(size, base + each * size)
    for size in (1, 5, 32, 40):
        assert line.at(size) == pytest.approx(base + each * size, rel=0.05)


@given(st.floats(0.5, 4), st.sampled_from([1, 2, 4, 8]))
def test_where_one_size_is_seen_the_others_move_with_it(factor: float, size: int) -> None:
    profile = {1: 0.02, 2: 0.03, 4: 0.05, 8: 0.09}
    line = BatchLine(profile)
    for _ in range(100):
        line.observe(size, profile[size] * factor)
    for other, seconds in profile.items():
        assert line.at(other) == pytest.approx(seconds * factor, rel=0.01)


def test_it_forgets() -> None:
    line = BatchLine({1: 0.02, 4: 0.05})
    for _ in range(500):
        line.observe(1, 0.02)
        line.observe(4, 0.05)
    for _ in range(100):
        line.observe(1, 0.04)
        line.observe(4, 0.10)
    assert line.at(1) == pytest.approx(0.04, rel=0.05)
    assert line.at(4) == pytest.approx(0.10, rel=0.05)


def test_a_larger_batch_never_takes_less() -> None:
    line = BatchLine({1: 0.05, 8: 0.02})
    assert line.at(1) == line.at(8) == line.at(100) == pytest.approx(0.035)


def test_a_line_that_would_begin_below_zero_begins_at_zero() -> None:
    line = BatchLine({4: 0.01, 8: 0.09})
    assert 0 < line.at(1) < line.at(4) < line.at(8)
    assert line.at(2) == pytest.approx(2 * line.at(1))


def test_with_one_size_known_more_takes_in_proportion_and_less_as_long() -> None:
    line = BatchLine({4: 0.04})
    assert line.at(8) == pytest.approx(0.08)
    assert line.at(1) == pytest.approx(0.04)
