"""What tracing costs a frame that is not traced: `python -m bench.observability.tracing`.

Each step that a frame goes through is called in a loop with tracing on and off, in turns; the
difference of the medians is what tracing adds.
"""

import statistics
import time
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar

from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.ingest.frame_tracing import FrameTracing as IngestTracing
from framemesh.ingest.frame_tracing import TracingDeps
from framemesh.ingest.offers import OfferedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.monitor.results.watch_spans import WatchSpans
from framemesh.runtime.dataplane.outbound_message import ID_HEADER
from framemesh.runtime.jetstream.connection.headers import header_block, read_header_lines
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages import frame_message
from framemesh.runtime.tracing.trace_limit import TraceLimit
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.tracing.batch_record import BatchRecord
from framemesh.worker.tracing.frame_tracing import FrameTracing

ROUNDS = 15
CALLS = 20_000
BATCH = 8
"""Frames in a request: its record is made once for them."""

SHARD = Shard("street", 1, 0, 0)
Step = Callable[[bool], Any]


class Nowhere:
    """Implements SpanSink: it takes spans, and there are none."""

    dropped = 0

    def __init__(self, *, active: bool) -> None:
        self.active = active

    def export(self, spans: Any) -> None:
        raise AssertionError(f"a span was made: {spans}")


class Way:
    """One frame's way, as often as wanted."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        spec = PipelineSpec("street", (StageSpec("people", "tiny"),))
        store: Any = None
        snapshot = PipelineSnapshot(StoredPipeline(spec, Generation.of(1, spec)), store)
        snapshot.sample = 1e-12
        self.ingest, self.worker, self.monitor = {}, {}, {}
        for on in (True, False):
            sink = Nowhere(active=on)
            deps = TracingDeps(sink, TraceLimit(self.clock, "are rejected", 20), self.clock)
            self.ingest[on] = IngestTracing(snapshot, "door", "s", deps)
            self.worker[on] = FrameTracing(sink, "w", spec, self.clock, live=True)
            self.monitor[on] = WatchSpans(sink, self.clock)
        self.numbers = count(1)
        now = self.clock.unix_nano()
        self.offered = OfferedFrame(7, now, b"image", 0, 0, {}, now, now)
        self.outcome = Outcome(FrameId("door", "s", 7), "street", Fate.DONE, now, now, "w")
        self.batch: BatchRecord | None = None
        self.untraced: Any = _NoHeaders()
        self.frames = {on: self._frame(on) for on in (True, False)}
        unused: Any = None
        self.context = FrameContext(self.frames[True], self.clock, 1)
        source = FrameSource("F", "c")
        self.in_flight = InFlightFrame(self.context, unused, source, unused, None)
        self.stored = {on: self._headers(self._frame(on)) for on in (True, False)}

    def _frame(self, on: bool) -> Frame:
        now = self.offered.captured_unix_nano
        number = next(self.numbers)
        origin = self.ingest[on].origin(self.offered) if on else ""
        return Frame(FrameId("door", "s", number), now, b"image", 0, {}, origin)

    def _headers(self, frame: Frame) -> dict[str, str]:
        message = frame_message.to_message(SHARD, frame)
        return {**message.headers, ID_HEADER: message.id}

    def in_ingest(self, on: bool) -> None:
        frame = self._frame(on)
        if on:
            self.ingest[on].chosen(frame)

    def to_broker(self, on: bool) -> None:
        frame_message.to_message(SHARD, self.frames[on])

    def on_the_wire(self, on: bool) -> None:
        block = header_block(self.stored[on])
        read_header_lines(block)

    def from_broker(self, on: bool) -> None:
        frame_message.from_stored(self.stored[on], b"image")

    def in_worker(self, on: bool) -> None:
        if not on:
            return
        context = self.context
        if self.batch is None or self.batch.frames == BATCH:
            self.batch = BatchRecord("people", BATCH, self.clock)
        context.requests = []
        context.mark_sent(self.batch, self.clock.monotonic())
        self.worker[on].begin(self.in_flight, self.outcome)
        self.worker[on].settled(context)

    def in_monitor(self, on: bool) -> None:
        if on:
            self.monitor[on].watched("street", self.untraced, self.untraced)


class _NoHeaders:
    """A result of a frame that is not traced."""

    headers: ClassVar[dict[str, str]] = {}


def _nanoseconds(step: Step, on: bool) -> float:
    began = time.thread_time_ns()
    for _ in range(CALLS):
        step(on)
    return (time.thread_time_ns() - began) / CALLS


def added_nanoseconds(step: Step) -> float:
    """What tracing adds to one call."""
    pairs = [(_nanoseconds(step, True), _nanoseconds(step, False)) for _ in range(ROUNDS)]
    return statistics.median(on - off for on, off in pairs)


def main() -> None:
    way = Way()
    steps = {
        "ingest: times, choice": way.in_ingest,
        "ingest: header": way.to_broker,
        "header on the wire": way.on_the_wire,
        "worker: header": way.from_broker,
        "worker: request, choice": way.in_worker,
        "monitor: choice": way.in_monitor,
    }
    found = {name: added_nanoseconds(step) for name, step in steps.items()}
    for name, nanoseconds in found.items():
        print(f"{name:26}{nanoseconds / 1000:6.2f} us")
    print(f"{'in all':26}{sum(found.values()) / 1000:6.2f} us a frame that is not traced")


if __name__ == "__main__":
    main()
