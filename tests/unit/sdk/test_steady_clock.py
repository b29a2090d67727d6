"""A time of day that is set, and what ingest hears of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.sdk.session.steady_clock import FUTURE_NANO, MAX_ERAS, NANO, SteadyClock

MS = NANO // 1000
HOUR = 3600 * NANO
BOOT = 30 * NANO
TODAY = 1_700_000_000 * NANO
FRAME_NANO = 40 * MS

steps = st.one_of(
    st.integers(-10 * HOUR, 10 * HOUR).filter(lambda step: abs(step) > 100 * MS),
    st.sampled_from([-5 * NANO, HOUR, TODAY - BOOT]),
)


class Board:
    """A machine whose time of day is set now and then."""

    def __init__(self, time_of_day: int = TODAY) -> None:
        self.running = 7 * HOUR
        self.time_of_day = time_of_day
        self.clock = SteadyClock(lambda: self.time_of_day, lambda: self.running / NANO)

    def run(self, nano: int, drift: float = 0.0) -> None:
        self.running += nano
        self.time_of_day += round(nano * (1 + drift))


def test_it_is_the_time_of_day_and_runs_with_it() -> None:
    board = Board()
    assert board.clock.now() == TODAY
    board.run(NANO)
    assert board.clock.now() == TODAY + NANO
    assert board.clock.steady(board.time_of_day - HOUR) == TODAY + NANO - HOUR


def test_moments_keep_their_distances_though_both_clocks_are_never_read_at_once() -> None:
    board = Board()
    found = []
    for n in range(20):
        board.run(FRAME_NANO + n)
        board.time_of_day += (-1) ** n * 9_000
        found.append(board.clock.steady(TODAY + n))
    assert found == [TODAY + n for n in range(20)]


def test_a_clock_that_gains_is_followed() -> None:
    board = Board()
    for _ in range(1_000):
        board.run(NANO, drift=0.0005)
    assert abs(board.clock.now() - board.clock.steady(board.time_of_day)) <= MS


@given(st.lists(steps, max_size=3))
def test_no_step_moves_it(by: list[int]) -> None:
    board = Board()
    for step in by:
        board.run(FRAME_NANO)
        board.time_of_day += step
        board.clock.now()
    assert board.clock.now() == TODAY + len(by) * FRAME_NANO


@given(steps, st.integers(0, 2 * NANO))
def test_a_capture_time_from_before_a_step_is_by_the_clock_of_then(step: int, age: int) -> None:
    board = Board(TODAY)
    for _ in range(100):
        board.run(FRAME_NANO)
        board.clock.now()
    captured = board.time_of_day
    board.time_of_day += step
    board.run(age)
    found = board.clock.steady(captured)
    # After a small step back it may seem to be ahead, which ingest takes for now; never too old.
    right = board.clock.now() - age
    assert right <= found <= board.clock.now() + FUTURE_NANO
    assert found == right or -FUTURE_NANO - age <= step < 0


@pytest.mark.parametrize("step", [-5 * NANO, HOUR, TODAY - BOOT, 300 * MS])
def test_frames_captured_on_both_sides_of_a_step_keep_their_distance(step: int) -> None:
    board = Board(BOOT)
    for _ in range(100):
        board.run(FRAME_NANO)
        board.clock.now()
    before = board.time_of_day
    board.run(FRAME_NANO)
    board.time_of_day += step
    after = board.time_of_day
    board.run(FRAME_NANO)
    assert board.clock.steady(after) - board.clock.steady(before) == FRAME_NANO
    assert board.clock.now() - board.clock.steady(after) == FRAME_NANO


def test_a_capture_time_that_is_ahead_is_by_the_clock_of_now() -> None:
    board = Board()
    board.run(10 * NANO)
    board.clock.now()
    board.time_of_day -= 5 * NANO
    board.run(NANO)
    ahead = board.clock.steady(board.time_of_day + 20 * MS) - board.clock.now()
    assert ahead == 20 * MS


def test_the_steps_since_the_last_reading_are_told_with_the_next() -> None:
    board = Board()
    assert board.clock.reading().stepped_nano == 0
    board.time_of_day -= 5 * NANO
    board.clock.now()
    board.time_of_day += 2 * NANO
    first = board.clock.reading(1)
    assert (first.unix_nano, first.query, first.stepped_nano) == (TODAY, 1, -3 * NANO)
    assert board.clock.reading(2).stepped_nano == 0


def test_a_clock_that_drifts_was_not_set() -> None:
    board = Board()
    for _ in range(1000):
        board.run(10 * NANO, drift=300e-6)
        board.clock.now()
    assert board.clock.reading().stepped_nano == 0
    assert abs(board.clock.steady(board.time_of_day) - board.clock.now()) <= MS


def test_a_program_that_is_held_up_between_two_looks_finds_no_step() -> None:
    board = Board()
    running = iter([7 * HOUR, 7 * HOUR, 8 * HOUR, 8 * HOUR])
    clock = SteadyClock(lambda: board.time_of_day, lambda: next(running) / NANO)
    assert clock.now() == TODAY + HOUR
    assert clock._eras[-1].stepped == 0


def test_steps_without_end_take_no_memory() -> None:
    board = Board()
    for _ in range(100):
        board.run(NANO)
        board.time_of_day += HOUR
        board.clock.now()
    assert len(board.clock._eras) == MAX_ERAS
    assert board.clock.reading().stepped_nano == 100 * HOUR


@pytest.mark.parametrize("captured", [-(2**63), 2**63 - 1])
def test_no_capture_time_leaves_64_bits(captured: int) -> None:
    board = Board()
    for step in (HOUR, -HOUR):
        board.time_of_day += step
        assert -(2**63) <= board.clock.steady(captured) < 2**63
