"""The last span of a frame's trace: its result is seen by who watches."""

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.clock import Clock
from framemesh.core.tracing.trace_context import context_in
from framemesh.monitor.converters import frame_id_from_proto
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages.subjects import ledger_stream
from framemesh.runtime.tracing import services
from framemesh.runtime.tracing.attributes import of_frame, of_message
from framemesh.runtime.tracing.span import Span, SpanKind, new_span_id
from framemesh.runtime.tracing.span_sink import SpanSink


class WatchSpans:
    """Makes one for each traced result that a watcher gets."""

    def __init__(self, spans: SpanSink, clock: Clock) -> None:
        self._spans = spans
        self._clock = clock

    def watched(
        self, pipeline: str, message: ReceivedMessage, outcome: outcome_pb2.Outcome
    ) -> None:
        """A result is about to be written to a watcher that was there when it was stored."""
        # Nearly every result has no headers.
        if not message.headers or not self._spans.active:
            return
        context = context_in(message.headers)
        if context is None or not context.sampled:
            return
        stream, frame = ledger_stream(pipeline), frame_id_from_proto(outcome.frame)
        span = Span(
            f"watch {stream}",
            services.MONITOR,
            context.sibling(new_span_id()),
            message.stored_unix_nano,
            self._clock.unix_nano(),
            context.span_id,
            SpanKind.CONSUMER,
            {
                **of_frame(pipeline, frame),
                **of_message("pull", "receive", stream),
            },
        )
        self._spans.export([span])
