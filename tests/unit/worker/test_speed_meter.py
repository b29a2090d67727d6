"""What a worker finds out about its own speed, in virtual time."""

import random
from itertools import pairwise

import pytest

from framemesh.core.worker_speed import UNKNOWN_SPEED
from framemesh.worker.intake.speed_meter import MOVED, STEADY_SECONDS, SpeedMeter
from tests.hand_clock import HandClock


class Work:
    """One frame after the other, on one accelerator."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.meter = SpeedMeter(self.clock)

    def do(self, seconds: float, *, frame: float, pause: float = 0.0, waiting: int = 0) -> None:
        """Frames of `frame` seconds with a pause before each, while `waiting` others are held of
        eight that may be."""
        until = self.clock.seconds + seconds
        while self.clock.seconds < until:
            if pause:
                self.meter.holds(0, 8)
            self.clock.seconds += pause
            self.meter.holds(1 + waiting, 8)
            self.clock.seconds += frame
            self.meter.completed()
        self.meter.holds(0, 8)


@pytest.fixture
def work() -> Work:
    return Work()


def test_nothing_is_known_of_a_worker_without_frames(work: Work) -> None:
    work.clock.seconds += 100
    work.meter.completed()
    assert work.meter.speed == UNKNOWN_SPEED


def test_a_worker_with_little_to_do_is_not_taken_for_a_slow_one(work: Work) -> None:
    work.do(30, frame=0.02, pause=0.18)
    assert work.meter.speed.frames_per_minute == pytest.approx(3000, rel=0.02)
    assert not work.meter.speed.saturated


def test_it_is_saturated_with_as_many_frames_as_it_may_hold(work: Work) -> None:
    work.do(10, frame=0.08, waiting=6)
    assert work.meter.speed.frames_per_minute == pytest.approx(750, rel=0.02)
    assert work.meter.speed.saturated


def test_what_it_did_when_saturated_counts_above_what_it_did_at_least(work: Work) -> None:
    work.do(30, frame=0.02, pause=0.18)
    work.do(40, frame=0.08, waiting=7)
    assert work.meter.speed.saturated
    assert work.meter.speed.frames_per_minute == pytest.approx(750, rel=0.2)


def test_a_saturated_worker_that_gets_less_to_do_stays_as_fast(work: Work) -> None:
    work.do(30, frame=0.02, waiting=7)
    before = work.meter.speed
    work.do(120, frame=0.03, pause=0.3)
    assert work.meter.speed == before


def test_one_that_was_slow_for_a_while_is_known_to_be_faster_again(work: Work) -> None:
    work.do(30, frame=0.08, waiting=7)
    work.do(120, frame=0.02, pause=0.1)
    assert work.meter.speed.frames_per_minute > 2 * 750


@pytest.mark.parametrize("seed", range(5))
def test_small_changes_are_not_announced_and_large_ones_not_often(work: Work, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    work.do(10, frame=0.05, waiting=7)
    first = work.meter.speed
    for _ in range(60):
        work.do(5, frame=0.05 * dice.uniform(1 - MOVED / 2, 1 + MOVED / 2), waiting=7)
        assert work.meter.speed == first
    changed_at = [work.clock.seconds]
    for _ in range(120):
        before = work.meter.speed
        work.do(5, frame=dice.choice([0.02, 0.1]), waiting=7)
        if work.meter.speed != before:
            changed_at.append(work.clock.seconds)
    assert len(changed_at) > 2
    steady = [after - before for before, after in pairwise(changed_at[1:])]
    assert min(steady) >= STEADY_SECONDS - 5
