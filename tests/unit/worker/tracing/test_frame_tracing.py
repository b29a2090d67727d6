"""The spans that a worker makes of a frame are in one trace, and add up to its age."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from framemesh.core.clock import NANO
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.spec import ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.tracing.frame_trace import FrameSpan, frame_trace
from framemesh.core.tracing.origin import Origin
from framemesh.core.tracing.trace_context import TRACEPARENT, TraceContext
from framemesh.runtime.tracing.span import Span
from framemesh.worker.errors import AttemptFailed
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.tracing.batch_record import BatchRecord
from framemesh.worker.tracing.frame_tracing import FrameTracing
from tests.hand_clock import HandClock
from tests.recorded_spans import RecordedSpans

ID = FrameId("door", "s", 7)
TRACE = frame_trace("street", ID)
CHOSEN = {TRACEPARENT: str(TRACE.context(FrameSpan.PUBLISH))}
CAPTURED, SENT, RECEIVED, STORED, DELIVERED = 1000.0, 1000.125, 1000.25, 1000.5, 1001.0


def spec(objective_seconds: float) -> PipelineSpec:
    objective = ObjectiveSpec(timedelta(seconds=objective_seconds))
    return PipelineSpec(
        "street", (StageSpec("people", "tiny"),), workers=WorkersSpec(objective=objective)
    )


class Bench:
    """One frame in one worker."""

    def __init__(self, headers: dict[str, str] | None = None, *, live: bool = True) -> None:
        self.clock = HandClock(DELIVERED)
        self.sink = RecordedSpans()
        self.tracing = FrameTracing(self.sink, "w", spec(60), self.clock, live=live)
        frame = Frame(
            ID,
            round(CAPTURED * NANO),
            b"image",
            0,
            headers or {},
            str(Origin(round(SENT * NANO), round(RECEIVED * NANO))),
        )
        self.context = FrameContext(frame, self.clock, round(STORED * NANO))
        message: Any = type("Message", (), {"stored_unix_nano": round(STORED * NANO), "attempt": 1})
        pull: Any = None
        source = FrameSource("FRAMES-street-1-0", "shard-0")
        self.in_flight = InFlightFrame(self.context, message, source, pull, None)

    def pass_seconds(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def infer(self) -> BatchRecord:
        """Through its stage, half a second for each step."""
        self.pass_seconds(0.5)
        self.context.begin_attempt()
        self.pass_seconds(0.5)
        self.context.mark_decoded()
        queued = self.clock.monotonic()
        self.pass_seconds(0.5)
        batch = BatchRecord("people", 8, self.clock)
        self.context.mark_sent(batch, queued)
        self.pass_seconds(0.5)
        batch.end()
        self.context.mark_answered()
        self.pass_seconds(0.5)
        return batch

    def outcome(self, fate: Fate = Fate.DONE) -> Outcome:
        captured = self.context.frame.captured_unix_nano
        return Outcome(ID, "street", fate, captured, self.clock.unix_nano(), "w")

    def complete(self, outcome: Outcome, *, first: bool = True) -> list[Span]:
        traced = self.tracing.begin(self.in_flight, outcome)
        self.pass_seconds(0.25)
        if traced:
            self.tracing.completed(traced, outcome, first=first)
        self.tracing.settled(self.context)
        return self.sink.take()


def named(spans: list[Span], name: str) -> Span:
    (found,) = [span for span in spans if span.name == name or span.name.split()[0] == name]
    return found


def seconds(span: Span) -> tuple[float, float]:
    return span.start_unix_nano / NANO, span.end_unix_nano / NANO


def test_the_spans_of_a_chosen_frame_follow_one_another_until_its_outcome_is_stored() -> None:
    bench = Bench(CHOSEN)
    bench.infer()
    spans = bench.complete(bench.outcome())
    hops = ["dwell", "queue", "decode", "batch", "triton", "outcome", "store"]
    times = [seconds(named(spans, hop)) for hop in hops]
    assert times[0] == (STORED, DELIVERED)
    for before, after in pairwise(times):
        assert before[1] == after[0]
    assert seconds(named(spans, "frame street")) == (CAPTURED, times[-1][1])
    process = named(spans, "process")
    assert seconds(process) == (DELIVERED, times[-1][1])
    publish = TRACE.span_id(FrameSpan.PUBLISH)
    assert {process.parent_id, named(spans, "dwell").parent_id} == {publish}
    assert {named(spans, hop).parent_id for hop in hops[1:]} == {process.context.span_id}
    in_trace = [span for span in spans if span.name != "infer people"]
    assert {span.context.trace_id for span in in_trace} == {TRACE.trace_id}
    # Ingest tells of what came before.
    assert not [span for span in spans if span.name.startswith(("send", "ingest", "publish"))]


def test_a_request_is_one_span_with_links_to_its_frames_and_from_them() -> None:
    bench = Bench(CHOSEN)
    batch = bench.infer()
    other = Bench(CHOSEN)
    other.context.mark_sent(batch, DELIVERED)
    spans = bench.complete(bench.outcome())
    assert not [span for span in spans if span.name == "infer people"], "the other is under way"
    spans += other.complete(other.outcome())
    other.tracing.settled(other.context)
    infer = named(spans, "infer people")
    asked = [span for span in spans if span.name == "triton"]
    assert infer.links == tuple(span.context for span in asked)
    assert len(asked) == 2
    assert all(span.links == (infer.context,) for span in asked)
    assert infer.context.trace_id != TRACE.trace_id
    assert (infer.parent_id, infer.attributes["framemesh.batch.rows"]) == (0, 8)


def test_a_frame_that_nobody_chose_has_no_spans() -> None:
    bench = Bench()
    bench.infer()
    assert bench.complete(bench.outcome()) == []


@pytest.mark.parametrize("remarkable", ["dead", "failed", "late"])
def test_a_frame_that_is_remarkable_has_all_of_them_from_its_capture_on(remarkable: str) -> None:
    bench = Bench()
    bench.infer()
    outcome = bench.outcome()
    if remarkable == "dead":
        outcome = replace(bench.outcome(Fate.DEAD), reason="undecodable", detail="cut off")
    elif remarkable == "failed":
        bench.context.failure, bench.context.suspect = AttemptFailed("fault", "broken"), True
    else:
        bench.tracing.follow(spec(0.5))
    spans = bench.complete(outcome)
    ways = [seconds(named(spans, name)) for name in ("capture", "send", "ingest", "dwell")]
    assert ways == [
        (CAPTURED, SENT),
        (SENT, RECEIVED),
        (RECEIVED, STORED),
        (STORED, DELIVERED),
    ]
    root = named(spans, "frame street")
    assert root.context == TRACE.context(FrameSpan.FRAME)
    assert root.parent_id == 0
    ids = {span.context.span_id for span in spans}
    orphans = [span.name for span in spans if span.parent_id not in ids]
    assert sorted(orphans) == ["frame street", "infer people"]
    assert root.error == ("undecodable: cut off" if remarkable == "dead" else "")


def test_where_all_frames_are_late_only_some_are_traced() -> None:
    bench = Bench()
    bench.tracing.follow(spec(0.5))
    traced = [bench.tracing.begin(bench.in_flight, bench.outcome()) for _ in range(1000)]
    assert 0 < len([each for each in traced if each]) < 200


def test_the_outcome_tells_those_who_read_it_of_the_trace() -> None:
    bench = Bench(CHOSEN)
    outcome = bench.outcome()
    traced = bench.tracing.begin(bench.in_flight, outcome)
    assert traced is not None
    context = TraceContext.parse(traced.headers[TRACEPARENT])
    bench.tracing.completed(traced, outcome, first=True)
    assert named(bench.sink.take(), "store").context == context


def test_the_frame_of_a_sender_with_a_trace_is_part_of_that() -> None:
    sender = TraceContext(99, 77, sampled=False)
    bench = Bench({TRACEPARENT: str(sender)})
    assert bench.complete(bench.outcome()) == []
    spans = bench.complete(replace(bench.outcome(Fate.DEAD), reason="x"))
    assert {span.context.trace_id for span in spans} == {99}
    assert named(spans, "frame street").parent_id == 77


def test_a_second_outcome_is_no_second_frame() -> None:
    bench = Bench(CHOSEN)
    spans = bench.complete(bench.outcome(), first=False)
    assert not [span for span in spans if span.name == "frame street"]
    assert named(spans, "process")


def test_another_run_adds_to_traces_and_begins_none() -> None:
    chosen, other = Bench(CHOSEN, live=False), Bench(live=False)
    run = replace(chosen.outcome(), run="shadow-1")
    spans = chosen.complete(run)
    assert named(spans, "process").attributes["framemesh.run"] == "shadow-1"
    assert not [span for span in spans if span.name == "frame street"]
    assert other.complete(replace(run, fate=Fate.DEAD)) == []


def test_a_frame_that_is_given_back_tells_why() -> None:
    bench = Bench()
    bench.infer()
    bench.tracing.abandoned(bench.in_flight, RuntimeError("broken"))
    assert named(bench.sink.take(), "process").error == "RuntimeError('broken')"


def test_what_triton_said_is_told_of_the_request_and_of_its_frames() -> None:
    bench = Bench(CHOSEN)
    batch = bench.infer()
    batch.error = "Triton refused the inference: a shape"
    spans = bench.complete(bench.outcome())
    assert named(spans, "triton").error == named(spans, "infer people").error == batch.error


def test_where_nobody_collects_no_span_is_made() -> None:
    bench = Bench(CHOSEN)
    bench.sink.active = False
    assert bench.complete(replace(bench.outcome(Fate.DEAD), reason="x")) == []
