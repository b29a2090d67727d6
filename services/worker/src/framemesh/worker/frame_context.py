"""What a worker knows of one frame while it works on it, and when the frame reached each point."""

import contextvars
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame
from framemesh.core.hops import HopTimings
from framemesh.core.tracing.trace_context import context_in
from framemesh.worker.errors import AttemptFailed
from framemesh.worker.tracing.batch_record import BatchRecord

MICRO = 1_000_000
"""Microseconds of a second."""


@dataclass(slots=True)
class FrameTimings:
    """Seconds of the monotonic clock; None: the frame has not reached that point."""

    received: float
    """The buffer delivered it."""
    dispatched: float | None = None
    """The scheduler chose it."""
    began: float | None = None
    """The last attempt at it began."""
    decoded: float | None = None
    """The input of the first stage is written."""
    sent: float | None = None
    """The first request with it was sent to Triton."""
    answered: float | None = None
    """The last answer about it came."""
    committed: float | None = None
    """Its outcome is stored, and it is acked."""

    def hops(self, now: float, ingest: int | None, dwell: int | None) -> HopTimings:
        """How long the frame was on each hop that it reached, and on the last one until now."""
        received, began, decoded = self.received, self.began, self.decoded
        sent, answered = self.sent, self.answered
        if began is None or decoded is None or sent is None or answered is None:
            points = (received, began, decoded, sent, now)
            reached = [point for point in points if point is not None]
            spent = (int(MICRO * (end - begin)) for begin, end in pairwise(reached))
            return HopTimings(ingest, dwell, *spent)
        # Nearly every frame: written out, it takes a third of the time.
        return HopTimings(
            ingest,
            dwell,
            int(MICRO * (began - received)),
            int(MICRO * (decoded - began)),
            int(MICRO * (sent - decoded)),
            int(MICRO * (answered - sent)),
            int(MICRO * (now - answered)),
        )


RequestPart = tuple[BatchRecord, float]
"""A request to Triton that a frame had a part in, and when the frame began to wait for it, in
seconds of the monotonic clock. A plain tuple: a named one costs ten times as much."""


@dataclass(slots=True, eq=False)
class FrameContext:
    """One frame on its way through the steps."""

    frame: Frame
    clock: Clock
    stored_unix_nano: int = 0
    """When the broker stored it in the buffer; 0: not known."""
    timings: FrameTimings = field(init=False)
    suspect: bool = False
    """It failed among others, or a worker that had it gave no outcome: it is worked on alone."""
    deadline: float = math.inf
    """By the event loop's time; a frame that is not sent to a model by then expires."""
    attempts: int = 1
    """One among others, and so many alone; the one under way counts."""
    failure: AttemptFailed | None = None
    """Of the last attempt, if it failed in this worker."""
    requests: list[RequestPart] = field(default_factory=list)
    """To Triton that it had a part in, those of all attempts."""

    def __post_init__(self) -> None:
        self.timings = FrameTimings(self.clock.monotonic())

    def begin_attempt(self) -> None:
        """The points that an earlier attempt reached no longer count."""
        self.timings.decoded = self.timings.sent = self.timings.answered = None
        self.timings.began = self.clock.monotonic()

    def mark_dispatched(self) -> None:
        self.timings.dispatched = self.clock.monotonic()

    def mark_decoded(self) -> None:
        if self.timings.decoded is None:
            self.timings.decoded = self.clock.monotonic()

    def mark_sent(self, batch: BatchRecord, queued: float) -> None:
        """Some of it is sent; once a request, however many of its rows are the frame's."""
        if self.timings.sent is None:
            self.timings.sent = batch.sent
        if not self.requests or self.requests[-1][0] is not batch:
            self.requests.append((batch, queued))
            batch.frames += 1
            # Nearly every frame has no headers.
            if self.frame.headers and (context := context_in(self.frame.headers)):
                batch.sampled = batch.sampled or context.sampled

    def mark_answered(self) -> None:
        self.timings.answered = self.clock.monotonic()

    def mark_committed(self) -> None:
        self.timings.committed = self.clock.monotonic()

    def hop_timings(self, completed_unix_nano: int) -> HopTimings:
        """How long it was on each hop, if it is completed now, at `completed_unix_nano`."""
        now, stored = self.clock.monotonic(), self.stored_unix_nano
        if not stored:
            return self.timings.hops(now, None, None)
        held = int(MICRO * (now - self.timings.received))
        ingest = (stored - self.frame.captured_unix_nano) // 1000
        dwell = (completed_unix_nano - stored) // 1000 - held
        # Below 0 where the clock of another machine is ahead of ours.
        return self.timings.hops(now, max(0, ingest), max(0, dwell))


CURRENT_FRAME: contextvars.ContextVar[FrameContext | None] = contextvars.ContextVar(
    "framemesh_current_frame", default=None
)
"""The frame that lines of the log are about."""


@contextmanager
def telling_of(context: FrameContext) -> Iterator[None]:
    """What is logged in the body is about this frame."""
    before = CURRENT_FRAME.set(context)
    try:
        yield
    finally:
        CURRENT_FRAME.reset(before)
