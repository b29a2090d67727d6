"""When a backend will have room, by what one caller sent."""

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.load.outstanding import MOST_OUTSTANDING, Outstanding, Sent

BATCHES = st.lists(
    st.tuples(st.floats(0, 0.5, width=16), st.floats(0.0625, 1, width=16)), min_size=1, max_size=25
)
"""Seconds since the batch before, and seconds that it takes."""


def send(outstanding: Outstanding, request: int, at: float, seconds: float) -> None:
    outstanding.send(request, Sent(at, seconds, 0.0))


def test_two_at_once_run_and_the_third_waits_for_the_first_of_them() -> None:
    outstanding = Outstanding(capacity=2)
    send(outstanding, 1, 0.0, 0.3)
    assert outstanding.wait(0.0) == 0
    send(outstanding, 2, 0.0, 0.1)
    assert outstanding.wait(0.0) == pytest.approx(0.1)
    send(outstanding, 3, 0.0, 0.5)
    assert outstanding.wait(0.0) == pytest.approx(0.3)
    assert outstanding.waiting == 1
    assert outstanding.wait(0.05) == pytest.approx(0.25)


def test_what_ends_early_lets_the_next_begin_early() -> None:
    outstanding = Outstanding(capacity=1)
    send(outstanding, 1, 0.0, 1.0)
    send(outstanding, 2, 0.0, 0.4)
    assert outstanding.wait(0.1) == pytest.approx(1.3)
    outstanding.end(1, 0.2)
    assert outstanding.wait(0.2) == pytest.approx(0.4)


def test_what_is_over_its_time_is_expected_to_need_as_long_again() -> None:
    outstanding = Outstanding(capacity=1)
    send(outstanding, 1, 0.0, 0.1)
    assert outstanding.wait(0.1) == 0
    assert outstanding.wait(1.1) == pytest.approx(1.0)
    assert outstanding.wait(5.1) == pytest.approx(5.0)


def test_the_end_of_a_batch_that_is_not_known_changes_nothing() -> None:
    outstanding = Outstanding(capacity=1)
    send(outstanding, 1, 0.0, 0.1)
    assert outstanding.end(7, 0.05) is None
    assert len(outstanding) == 1


def test_batches_whose_end_nobody_tells_do_not_fill_the_memory() -> None:
    outstanding = Outstanding(capacity=1)
    for request in range(2 * MOST_OUTSTANDING):
        send(outstanding, request, 0.0, 0.001)
    assert len(outstanding) == MOST_OUTSTANDING
    assert outstanding.wait(0.0) == pytest.approx(0.001 * MOST_OUTSTANDING)


@settings(max_examples=40)
@given(BATCHES, st.integers(1, 4))
def test_where_batches_take_what_was_said_each_waits_as_long_as_was_said(
    batches: list[tuple[float, float]], capacity: int
) -> None:
    """Against a queue with as many servers, which is simulated by its definition."""
    outstanding, free, ends = Outstanding(capacity), [0.0] * capacity, list[tuple[float, int]]()
    now = 0.0
    for request, (since, seconds) in enumerate(batches):
        now += since
        while ends and ends[0][0] <= now:
            end, ended = heapq.heappop(ends)
            outstanding.end(ended, end)
        begin = max(now, heapq.heappop(free))
        assert outstanding.wait(now) == pytest.approx(begin - now, abs=1e-9)
        heapq.heappush(free, begin + seconds)
        heapq.heappush(ends, (begin + seconds, request))
        send(outstanding, request, now, seconds)
