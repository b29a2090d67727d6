"""The ids of a frame's trace. They follow from the frame's id, so that every service knows them
without being told: also of a frame that turns out to be worth a trace at its end."""

from dataclasses import dataclass, replace
from enum import Enum
from hashlib import blake2b

from framemesh.core.frame import Frame, FrameId
from framemesh.core.tracing.origin import Origin
from framemesh.core.tracing.trace_context import TraceContext, context_in

TRACE_BYTES, SPAN_BYTES = 16, 8

_SPAN_MASK = (1 << 64) - 1


class FrameSpan(Enum):
    """A span of a frame that more than one service may have to name."""

    FRAME = 0
    """From its capture until its outcome is stored: the root."""
    SEND = 1
    INGEST = 2
    PUBLISH = 3


@dataclass(frozen=True, slots=True)
class FrameTrace:
    """The trace of one frame."""

    trace_id: int
    root_id: int
    """The id of the span FrameSpan.FRAME."""
    parent_id: int = 0
    """The span of its sender that the root belongs to; 0: none."""

    def span_id(self, hop: FrameSpan) -> int:
        return (self.root_id + hop.value) & _SPAN_MASK or 1

    def context(self, hop: FrameSpan) -> TraceContext:
        """What a recorded span of it passes on."""
        return TraceContext(self.trace_id, self.span_id(hop))


def frame_trace(pipeline: str, frame: FrameId, sender: TraceContext | None = None) -> FrameTrace:
    """The trace of a frame; where its sender has one, the frame's is part of that.

    Args:
        sender: the context that came with the frame from its sender.
    """
    digest = blake2b(f"{pipeline}/{frame}".encode(), digest_size=TRACE_BYTES + SPAN_BYTES).digest()
    # Zeros stand for no id.
    root = int.from_bytes(digest[TRACE_BYTES:], "big") or 1
    if sender is not None:
        return FrameTrace(sender.trace_id, root, sender.span_id)
    return FrameTrace(int.from_bytes(digest[:TRACE_BYTES], "big") or 1, root)


@dataclass(frozen=True, slots=True)
class PassedOnTrace:
    """The trace of a frame as a worker gets it."""

    trace: FrameTrace
    sampled: bool
    """Whether it is recorded in any case."""
    begun: bool
    """Whether ingest tells of its way into the buffer."""


def passed_on_trace(pipeline: str, frame: Frame) -> PassedOnTrace:
    """What comes with a frame, or follows from its id."""
    context = context_in(frame.headers)
    trace = frame_trace(pipeline, frame.id, context)
    if context is None:
        return PassedOnTrace(trace, sampled=False, begun=False)
    if context.span_id != trace.span_id(FrameSpan.PUBLISH):
        return PassedOnTrace(trace, context.sampled, begun=False)
    # Ingest put its own in place of the sender's.
    sender = Origin.parse(frame.origin).sender_span_id
    return PassedOnTrace(replace(trace, parent_id=sender), context.sampled, begun=True)


def frame_trace_id(pipeline: str, frame: FrameId) -> str:
    """The id of a frame's trace as Jaeger takes it, unless its sender had a trace for it."""
    return f"{frame_trace(pipeline, frame).trace_id:032x}"
