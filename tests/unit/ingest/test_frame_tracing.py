"""Which frames ingest traces, and what it passes on with them."""

from framemesh.core.clock import NANO
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.tracing_spec import TracingSpec
from framemesh.core.tracing.frame_trace import FrameSpan, frame_trace, passed_on_trace
from framemesh.core.tracing.trace_context import TRACEPARENT, TraceContext
from framemesh.ingest.frame_tracing import (
    FrameTracing,
    TracedFrame,
    TracingDeps,
    trace_superseded,
)
from framemesh.ingest.offers import OfferedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.storing.latest_eviction import Superseded
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.tracing import attributes
from framemesh.runtime.tracing.trace_limit import TraceLimit
from tests.hand_clock import HandClock
from tests.recorded_spans import RecordedSpans

SENDER = TraceContext(99, 77)
UNRECORDED = TraceContext(99, 77, sampled=False)


def stored(sample: float) -> StoredPipeline:
    spec = PipelineSpec("street", (StageSpec("people", "tiny"),), tracing=TracingSpec(sample))
    return StoredPipeline(spec, Generation.of(1, spec))


class Bench:
    """One session of a camera."""

    def __init__(self, sample: float) -> None:
        self.clock, self.sink = HandClock(1001.0), RecordedSpans()
        store: PipelineStore = None  # type: ignore[assignment]
        self.snapshot = PipelineSnapshot(stored(sample), store)
        limit = TraceLimit(self.clock, "are rejected", 20)
        self.deps = TracingDeps(self.sink, limit, self.clock)
        self.tracing = FrameTracing(self.snapshot, "door", "s", self.deps)

    def frame(self, sequence: int = 7, headers: dict[str, str] | None = None) -> Frame:
        offered = OfferedFrame(
            sequence, 1000 * NANO, b"image", 0, 0, headers or {}, 1000 * NANO, 1001 * NANO
        )
        origin = self.tracing.origin(offered)
        return Frame(
            FrameId("door", "s", sequence), 1000 * NANO, b"image", 0, headers or {}, origin
        )

    def chosen(self, headers: dict[str, str] | None = None) -> TracedFrame:
        found = self.tracing.chosen(self.frame(headers=headers))
        assert found is not None
        return found


def test_its_share_of_frames_is_chosen_and_changes_while_the_session_goes_on() -> None:
    bench = Bench(0.1)
    chosen = [n for n in range(1, 1001) if bench.tracing.chosen(bench.frame(n))]
    assert 95 <= len(chosen) <= 105
    bench.snapshot.compare(stored(0.0))
    assert bench.snapshot.fault is None
    assert not any(bench.tracing.chosen(bench.frame(n)) for n in range(1, 1001))


def test_the_worker_knows_of_a_chosen_frame_what_ingest_does() -> None:
    for sender in (None, SENDER):
        headers = {"X-Lens": "wide"} | ({"Traceparent": str(sender)} if sender else {})
        frame = Bench(1.0).chosen(headers).frame
        found = passed_on_trace("street", frame)
        assert found.trace == frame_trace("street", frame.id, sender)
        assert (found.sampled, found.begun) == (True, True)
        assert frame.headers["X-Lens"] == "wide"
        assert list(frame.headers) == ["X-Lens", TRACEPARENT], "a dead letter keeps the first"


def test_whoever_began_the_trace_decides() -> None:
    assert Bench(0.0).chosen({TRACEPARENT: str(SENDER)})
    bench = Bench(1.0)
    frame = bench.frame(headers={TRACEPARENT: str(UNRECORDED)})
    assert bench.tracing.chosen(frame) is None


def test_the_way_into_the_buffer_is_told_once_it_is_there() -> None:
    bench = Bench(1.0)
    traced = bench.chosen()
    bench.clock.seconds += 2
    assert bench.sink.spans == []
    bench.tracing.published(traced, "FRAMES-street-1-0")
    spans = {span.name: span for span in bench.sink.take()}
    assert list(spans) == ["send street", "ingest", "publish FRAMES-street-1-0"]
    times = [(span.start_unix_nano / NANO, span.end_unix_nano / NANO) for span in spans.values()]
    assert times == [(1000, 1001), (1001, 1003), (1001, 1003)]
    trace = frame_trace("street", FrameId("door", "s", 7))
    assert [span.parent_id for span in spans.values()] == [
        trace.root_id,
        trace.span_id(FrameSpan.SEND),
        trace.span_id(FrameSpan.INGEST),
    ]


def superseded(frame: Frame) -> Superseded:
    """A second after it was stored."""
    outcome = Outcome(
        frame.id, "street", Fate.SUPERSEDED, 1000 * NANO, 1003 * NANO, "ingest", "newer_frame"
    )
    return Superseded(frame, outcome, "FRAMES-street-1-0", 1002 * NANO)


def test_the_trace_of_a_frame_that_gave_way_to_a_newer_one_has_an_end() -> None:
    bench = Bench(1.0)
    traced = bench.chosen({TRACEPARENT: str(SENDER)})
    trace_superseded(superseded(traced.frame), bench.deps)
    root, dwell = bench.sink.take()
    assert (root.name, dwell.name) == ("frame street", "dwell FRAMES-street-1-0")
    assert (root.context, root.parent_id) == (traced.trace.context(FrameSpan.FRAME), 77)
    assert root.attributes[attributes.FATE] == "superseded"
    assert dwell.context.trace_id == traced.trace.trace_id
    assert dwell.parent_id == traced.trace.span_id(FrameSpan.PUBLISH)
    assert (dwell.start_unix_nano, dwell.end_unix_nano) == (1002 * NANO, 1003 * NANO)


def test_a_frame_that_was_not_chosen_gives_way_without_a_trace() -> None:
    bench = Bench(0.0)
    trace_superseded(superseded(bench.frame()), bench.deps)
    assert bench.sink.take() == []


def test_a_rejected_frame_is_traced_whether_it_was_chosen_or_not() -> None:
    bench = Bench(0.0)
    bench.tracing.rejected(bench.frame(), "truncated", "it ends early: send all of it")
    spans = {span.name: span for span in bench.sink.take()}
    assert list(spans) == ["frame street", "send street", "ingest"]
    assert spans["frame street"].error == "truncated: it ends early: send all of it"


def test_a_camera_whose_every_frame_is_rejected_fills_no_collector() -> None:
    bench = Bench(0.0)
    for number in range(1, 1001):
        bench.tracing.rejected(bench.frame(number), "truncated", "")
    assert 0 < len(bench.sink.spans) / 3 < 200


def test_where_nobody_collects_nothing_is_passed_on() -> None:
    bench = Bench(1.0)
    bench.sink.active = False
    deps = TracingDeps(bench.sink, TraceLimit(bench.clock, "are rejected", 20), bench.clock)
    bench.tracing = FrameTracing(bench.snapshot, "door", "s", deps)
    frame = bench.frame()
    assert bench.tracing.chosen(frame) is None
    assert not frame.origin
