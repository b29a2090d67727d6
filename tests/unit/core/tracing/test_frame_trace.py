"""Every service knows the trace of a frame, without being told."""

from framemesh.core.frame import Frame, FrameId
from framemesh.core.tracing.frame_trace import (
    FrameSpan,
    frame_trace,
    frame_trace_id,
    passed_on_trace,
)
from framemesh.core.tracing.origin import Origin
from framemesh.core.tracing.trace_context import TRACEPARENT, TraceContext

ID = FrameId("door", "s", 7)
SENDER = TraceContext(2**127 + 5, 2**63 + 7)


def frame(headers: dict[str, str], sender_span_id: int = 0) -> Frame:
    return Frame(ID, 1, b"", 0, headers, str(Origin(1, 2, sender_span_id)))


def test_the_id_follows_from_pipeline_and_frame() -> None:
    assert frame_trace_id("street", ID) == frame_trace_id("street", FrameId("door", "s", 7))
    others = [
        ("yard", ID),
        ("street", FrameId("door", "s", 8)),
        ("street", FrameId("gate", "s", 7)),
    ]
    assert frame_trace_id("street", ID) not in {frame_trace_id(*other) for other in others}
    assert len(frame_trace_id("street", ID)) == 32


def test_the_spans_of_a_frame_have_ids_of_their_own() -> None:
    trace = frame_trace("street", ID)
    assert len({trace.span_id(span) for span in FrameSpan}) == len(FrameSpan)
    assert trace.span_id(FrameSpan.FRAME) == trace.root_id


def test_a_frame_of_a_sender_with_a_trace_is_part_of_that() -> None:
    trace = frame_trace("street", ID, SENDER)
    assert (trace.trace_id, trace.parent_id) == (SENDER.trace_id, SENDER.span_id)
    assert trace.root_id == frame_trace("street", ID).root_id


def test_a_worker_knows_what_ingest_chose() -> None:
    for sender in (None, SENDER):
        trace = frame_trace("street", ID, sender)
        headers = {TRACEPARENT: str(trace.context(FrameSpan.PUBLISH))}
        found = passed_on_trace("street", frame(headers, trace.parent_id))
        assert found.trace == trace
        assert (found.sampled, found.begun) == (True, True)


def test_of_a_frame_that_nobody_chose_it_knows_the_same_trace() -> None:
    found = passed_on_trace("street", frame({}))
    assert found.trace == frame_trace("street", ID)
    assert (found.sampled, found.begun) == (False, False)


def test_the_context_of_a_sender_is_taken_where_ingest_traces_nothing() -> None:
    unrecorded = TraceContext(SENDER.trace_id, SENDER.span_id, sampled=False)
    for context in (SENDER, unrecorded):
        found = passed_on_trace("street", frame({"Traceparent": str(context)}))
        assert found.trace == frame_trace("street", ID, SENDER)
        assert (found.sampled, found.begun) == (context.sampled, False)
