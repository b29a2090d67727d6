"""Until when a batch may wait."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.scheduling.batching import BatchReason, Dispatch, HoldUntil, moment

NEVER = float("inf")


SEEDED = st.integers(0, 10**9).map(random.Random)


def seconds(batch: int) -> float:
    """20 ms, and 10 ms for each input."""
    return 0.02 + 0.01 * batch


def held_until(found: Dispatch | HoldUntil) -> float:
    assert isinstance(found, HoldUntil)
    return found.time


def test_it_waits_until_one_more_input_would_make_it_late() -> None:
    # With two it takes 40 ms, with three 50.
    assert held_until(moment([0.2, 0.3], 8, seconds, 0.0, gap=0.01)) == pytest.approx(0.15)
    assert moment([0.2, 0.3], 8, seconds, 0.16, gap=0.0) == Dispatch(2, BatchReason.NO_TIME)


def test_a_full_batch_goes_at_once() -> None:
    assert moment([1.0] * 5, 4, seconds, 0.0, gap=0.01) == Dispatch(4, BatchReason.FULL)


def test_it_does_not_wait_for_an_input_that_is_not_expected_in_time() -> None:
    assert moment([0.2], 8, seconds, 0.0, gap=0.17) == Dispatch(1, BatchReason.NONE_EXPECTED)
    assert moment([0.2], 8, seconds, 0.0, gap=NEVER) == Dispatch(1, BatchReason.NONE_EXPECTED)
    assert held_until(moment([0.2], 8, seconds, 0.0, gap=0.15)) == pytest.approx(0.16)


def test_an_urgent_input_takes_along_as_many_as_it_can() -> None:
    # In 45 ms there is time for a batch of two.
    found = moment([0.045, 0.5, 0.5, 0.5], 8, seconds, 0.0, gap=0.01)
    assert found == Dispatch(2, BatchReason.NO_TIME)


def test_what_it_waits_at_the_backend_is_not_waited_before() -> None:
    assert held_until(moment([0.2], 8, seconds, 0.0, gap=0.01, wait=0.1)) == pytest.approx(0.06)


def test_an_input_that_is_late_already_holds_nobody_up() -> None:
    # The first is missed whatever is done; the next has time for a batch of three.
    found = moment([0.01, 0.055, 0.5, 0.5], 8, seconds, 0.0, gap=0.0)
    assert found == Dispatch(3, BatchReason.LATE)
    assert moment([0.0, 0.01], 8, seconds, 0.0, gap=0.0) == Dispatch(2, BatchReason.LATE)


def test_a_larger_batch_that_was_measured_as_faster_is_not_believed() -> None:
    odd = {1: 0.05, 2: 0.03}.__getitem__
    assert held_until(moment([0.2], 2, odd, 0.0, gap=0.01)) == pytest.approx(0.15)


class Queue:
    """Inputs that come at random and wait for batches, which begin at once when dispatched."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._base, self._each = dice.uniform(0.001, 0.05), dice.uniform(0, 0.02)
        self._largest = dice.randint(1, 8)
        self._waiting: list[float] = []
        self.sizes: list[int] = []
        self.missed = 0

    def run(self, inputs: int, *, slack: float) -> None:
        now, wake = 0.0, NEVER
        for _ in range(inputs):
            arrives = now + self._dice.expovariate(40)
            while wake <= arrives:
                wake = self._look(wake)
            now = arrives
            alone = now + self._seconds(1)
            self._waiting.append(alone + self._dice.uniform(0, slack))
            self._waiting.sort()
            wake = self._look(now)
        while self._waiting:
            wake = self._look(wake)

    def _look(self, now: float) -> float:
        """When to look again."""
        while self._waiting:
            gap = self._dice.choice([0.0, self._dice.uniform(0, 0.1), NEVER])
            found = moment(self._waiting, self._largest, self._seconds, now, gap=gap)
            if isinstance(found, HoldUntil):
                assert found.time > now
                return found.time
            batch, self._waiting = self._waiting[: found.count], self._waiting[found.count :]
            self.sizes.append(len(batch))
            self.missed += sum(now + self._seconds(len(batch)) > due + 1e-9 for due in batch)
        return NEVER

    def _seconds(self, batch: int) -> float:
        return self._base + self._each * batch


@given(SEEDED, st.floats(0, 0.3))
def test_nothing_that_can_be_in_time_is_late_because_it_waited(
    dice: random.Random, slack: float
) -> None:
    queue = Queue(dice)
    queue.run(25, slack=slack)
    assert queue.missed == 0
    assert sum(queue.sizes) == 25


def test_with_time_batches_are_larger_than_without() -> None:
    dice = random.Random(5)  # noqa: S311
    with_time, without = Queue(dice), Queue(dice)
    with_time._largest = without._largest = 8
    with_time.run(400, slack=0.5)
    without.run(400, slack=0.0)
    assert len(with_time.sizes) < len(without.sizes) / 2
