"""The spans of a frame from its capture until it is in the buffer.

Ingest makes them of a frame that it chose; of one that turns out to be worth a trace at its end,
its worker does, by the times that came with it. Their ids are the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.core.frame import Frame
from framemesh.core.tracing.frame_trace import FrameSpan, FrameTrace
from framemesh.core.tracing.origin import Origin
from framemesh.runtime.tracing import attributes, services
from framemesh.runtime.tracing.attributes import of_frame, of_message
from framemesh.runtime.tracing.span import AttributeValue, Span, SpanKind, new_span_id


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a frame came into the buffer."""

    pipeline: str
    frame: Frame
    stream: str
    """Empty: it was rejected."""
    publish_unix_nano: int
    """When it was given to the broker; 0: that is not known."""
    stored_unix_nano: int
    """When the broker had it, or ingest had rejected it."""
    error: str = ""
    """Why it was rejected."""


def early_hops(trace: FrameTrace, arrival: Arrival) -> list[Span]:
    """From the capture on: on the camera, on its way to ingest, in ingest, and to the broker."""
    frame, own = arrival.frame, of_frame(arrival.pipeline, arrival.frame.id)
    origin, captured = Origin.parse(frame.origin), frame.captured_unix_nano
    sent = origin.sent_unix_nano or captured
    received = origin.received_unix_nano or arrival.stored_unix_nano
    # A camera may say that it sent a frame before it captured it; and clocks differ a little.
    sent = min(max(sent, captured), received)
    spans = []
    if sent > captured:
        spans.append(
            Span(
                "capture",
                services.CAMERA,
                trace.context(FrameSpan.FRAME).sibling(new_span_id()),
                captured,
                sent,
                trace.root_id,
                attributes=own,
            )
        )
    spans += [
        Span(
            f"send {arrival.pipeline}",
            services.CAMERA,
            trace.context(FrameSpan.SEND),
            sent,
            received,
            trace.root_id,
            SpanKind.PRODUCER,
            {**own, attributes.BODY_SIZE: len(frame.image)},
        ),
        Span(
            "ingest",
            services.INGEST,
            trace.context(FrameSpan.INGEST),
            received,
            max(received, arrival.stored_unix_nano),
            trace.span_id(FrameSpan.SEND),
            SpanKind.CONSUMER,
            own,
            error=arrival.error,
        ),
    ]
    if arrival.stream:
        spans.append(
            Span(
                f"publish {arrival.stream}",
                services.INGEST,
                trace.context(FrameSpan.PUBLISH),
                arrival.publish_unix_nano or received,
                max(arrival.publish_unix_nano or received, arrival.stored_unix_nano),
                trace.span_id(FrameSpan.INGEST),
                SpanKind.PRODUCER,
                {**own, **of_message("publish", "send", arrival.stream, frame)},
            )
        )
    return spans


def dwell(trace: FrameTrace, arrival: Arrival, taken_unix_nano: int) -> Span:
    """In the buffer, until somebody took the frame from there."""
    return Span(
        f"dwell {arrival.stream}",
        services.BUFFER,
        trace.context(FrameSpan.FRAME).sibling(new_span_id()),
        arrival.stored_unix_nano,
        taken_unix_nano,
        trace.span_id(FrameSpan.PUBLISH),
        attributes={
            **of_frame(arrival.pipeline, arrival.frame.id),
            **of_message("pull", "receive", arrival.stream),
        },
    )


def root(
    trace: FrameTrace,
    arrival: Arrival,
    end_unix_nano: int,
    extra: Mapping[str, AttributeValue],
    error: str,
) -> Span:
    """The span of the frame as a whole: from its capture until its outcome is stored."""
    captured = arrival.frame.captured_unix_nano
    return Span(
        f"frame {arrival.pipeline}",
        services.FRAME,
        trace.context(FrameSpan.FRAME),
        captured,
        max(captured, end_unix_nano),
        trace.parent_id,
        attributes={**of_frame(arrival.pipeline, arrival.frame.id), **extra},
        error=error,
    )
