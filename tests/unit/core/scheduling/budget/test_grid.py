"""The times of a table."""

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.scheduling.budget.grid import Grid


@given(st.floats(-1, 100), st.floats(0.01, 50), st.integers(1, 500))
def test_what_is_left_is_rounded_down_and_what_is_needed_up(
    seconds: float, horizon: float, steps: int
) -> None:
    grid = Grid(horizon, steps)
    assert 0 <= grid.floor(seconds) <= steps
    assert grid.floor(seconds) * grid.step <= max(0.0, seconds) + 1e-5 * grid.step
    assert grid.ceil(seconds) * grid.step >= seconds - 1e-5 * grid.step


def test_a_deadline_that_is_far_away_counts_as_the_horizon() -> None:
    assert Grid(0.5, 100).floor(float("inf")) == 100
    assert Grid(0.5, 100).ceil(0.005) == 1
    assert Grid(0.3, 3).floor(0.1 + 0.2) == 3
