"""Which frames of a session are traced, and the spans of their way into the buffer."""

from dataclasses import dataclass, replace

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame
from framemesh.core.tracing.frame_trace import (
    FrameSpan,
    FrameTrace,
    frame_trace,
    passed_on_trace,
)
from framemesh.core.tracing.origin import Origin, origin_text
from framemesh.core.tracing.sampling import HeadSampler
from framemesh.core.tracing.trace_context import TRACEPARENT, context_in, without_context
from framemesh.ingest.offers import OfferedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.storing.latest_eviction import Superseded
from framemesh.runtime.tracing import attributes
from framemesh.runtime.tracing.early_hops import Arrival, dwell, early_hops, root
from framemesh.runtime.tracing.span_sink import SpanSink
from framemesh.runtime.tracing.trace_limit import TraceLimit


@dataclass(frozen=True, slots=True)
class TracingDeps:
    """What the traces of all sessions share."""

    spans: SpanSink
    limit: TraceLimit
    clock: Clock


@dataclass(frozen=True, slots=True)
class TracedFrame:
    """A frame that was chosen, as it goes on: it tells the next service of its trace."""

    frame: Frame
    trace: FrameTrace
    publish_unix_nano: int


class FrameTracing:
    """Traces frames of one session."""

    def __init__(
        self, pipeline: PipelineSnapshot, camera: str, session: str, deps: TracingDeps
    ) -> None:
        self._pipeline = pipeline
        self._deps = deps
        self._active = deps.spans.active
        self._sampler = HeadSampler(f"{pipeline.name}/{camera}/{session}")

    def origin(self, offered: OfferedFrame) -> str:
        """When it was sent and received, if anybody wants that to be passed on."""
        if not self._active:
            return ""
        return origin_text(offered.sent_unix_nano, offered.received_unix_nano)

    def chosen(self, frame: Frame) -> TracedFrame | None:
        """A frame that is about to be published, if it is traced from here on."""
        if not self._active:
            return None
        sender = context_in(frame.headers) if frame.headers else None
        if sender is None:
            if not self._sampler.samples(frame.id.sequence, self._pipeline.sample):
                return None
        elif not sender.sampled:
            # Whoever began the trace decided. Its context goes on with the frame, should that be
            # worth a trace at its end.
            return None
        trace = frame_trace(self._pipeline.name, frame.id, sender)
        # Behind those of the camera: a dead letter keeps the first that fit.
        headers = without_context(frame.headers)
        headers[TRACEPARENT] = str(trace.context(FrameSpan.PUBLISH))
        origin = replace(Origin.parse(frame.origin), sender_span_id=trace.parent_id)
        told = replace(frame, headers=headers, origin=str(origin))
        return TracedFrame(told, trace, self._deps.clock.unix_nano())

    def published(self, traced: TracedFrame, stream: str) -> None:
        """The buffer has it."""
        now = self._deps.clock.unix_nano()
        arrival = Arrival(
            self._pipeline.name,
            traced.frame,
            stream,
            traced.publish_unix_nano,
            stored_unix_nano=now,
        )
        self._deps.spans.export(early_hops(traced.trace, arrival))

    def rejected(self, frame: Frame, reason: str, detail: str) -> None:
        """Its outcome is stored."""
        if not self._active or not self._deps.limit.admits():
            return
        now = self._deps.clock.unix_nano()
        trace = frame_trace(self._pipeline.name, frame.id, context_in(frame.headers))
        arrival = Arrival(self._pipeline.name, frame, "", 0, now, error=f"{reason}: {detail}")
        fate = {attributes.FATE: "rejected", attributes.REASON: reason, attributes.DETAIL: detail}
        whole = root(trace, arrival, now, fate, arrival.error)
        self._deps.spans.export([whole, *early_hops(trace, arrival)])


def trace_superseded(gone: Superseded, deps: TracingDeps) -> None:
    """The end of a trace that was begun, of a frame that ingest took out of the buffer."""
    outcome, pipeline = gone.outcome, gone.outcome.pipeline
    passed_on = passed_on_trace(pipeline, gone.frame)
    if not (deps.spans.active and passed_on.sampled):
        return
    arrival = Arrival(pipeline, gone.frame, gone.stream, 0, gone.stored_unix_nano)
    taken = outcome.completed_unix_nano
    fate = {
        attributes.FATE: outcome.fate.value,
        attributes.REASON: outcome.reason,
        attributes.DETAIL: outcome.detail,
    }
    early = [] if passed_on.begun else early_hops(passed_on.trace, arrival)
    whole = root(passed_on.trace, arrival, deps.clock.unix_nano(), fate, "")
    deps.spans.export([whole, *early, dwell(passed_on.trace, arrival, taken)])
