"""How long a frame was on each hop: they add up to its age, wherever it ended."""

from collections.abc import Callable

import pytest

from framemesh.core.clock import NANO
from framemesh.core.frame import Frame, FrameId
from framemesh.core.hops import HopTimings
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.tracing.batch_record import BatchRecord
from tests.hand_clock import HandClock

CAPTURED = 1000.0
STORED = 1000.25
RECEIVED = 1001.0


class Bench:
    """A frame that was delivered at RECEIVED."""

    def __init__(self) -> None:
        self.clock = HandClock(RECEIVED)
        frame = Frame(FrameId("door", "s", 1), int(CAPTURED * NANO), b"", 0)
        self.context = FrameContext(frame, self.clock, int(STORED * NANO))

    def after(self, seconds: float, mark: Callable[[FrameContext], None]) -> None:
        self.clock.seconds += seconds
        mark(self.context)

    def complete(self, seconds: float) -> HopTimings:
        """It is completed after so many seconds more."""
        self.clock.seconds += seconds
        return self.context.hop_timings(self.clock.unix_nano())


def sent(context: FrameContext) -> None:
    context.mark_sent(BatchRecord("people", 1, context.clock), context.clock.monotonic())


STEPS = (
    FrameContext.begin_attempt,
    FrameContext.mark_decoded,
    sent,
    FrameContext.mark_answered,
)


def test_each_hop_of_a_frame_that_is_done_is_told() -> None:
    bench = Bench()
    for seconds, step in zip((0.5, 0.25, 0.125, 2.0), STEPS, strict=True):
        bench.after(seconds, step)
    assert bench.complete(0.0625) == (
        250_000,
        750_000,
        500_000,
        250_000,
        125_000,
        2_000_000,
        62_500,
    )


@pytest.mark.parametrize("reached", range(len(STEPS) + 1))
def test_the_hops_add_up_to_the_age_however_far_a_frame_came(reached: int) -> None:
    bench = Bench()
    for step in STEPS[:reached]:
        bench.after(0.5, step)
    timings = bench.complete(0.25)
    known = [micros for micros in timings if micros is not None]
    assert sum(known) == 1_000_000 * (bench.clock.seconds - CAPTURED)
    assert len(known) == 3 + reached
    assert timings[3 + reached :] == (None,) * (4 - reached)


def test_an_attempt_that_failed_counts_as_waiting() -> None:
    bench = Bench()
    for step in STEPS:
        bench.after(1.0, step)
    bench.after(1.0, FrameContext.begin_attempt)
    timings = bench.complete(0.5)
    assert (timings.queue, timings.decode, timings.batch) == (5_000_000, 500_000, None)


def test_a_frame_whose_time_in_the_buffer_is_not_known_has_its_other_hops() -> None:
    context = FrameContext(Frame(FrameId("door", "s", 1), 0, b"", 0), HandClock())
    assert context.hop_timings(0) == HopTimings(queue=0)


def test_a_clock_that_is_ahead_makes_no_hop_shorter_than_nothing() -> None:
    bench = Bench()
    bench.context.stored_unix_nano = int((RECEIVED + 5) * NANO)
    assert bench.complete(0.5).dwell == 0
    bench.context.stored_unix_nano = int((CAPTURED - 5) * NANO)
    assert bench.complete(0.5).ingest == 0
