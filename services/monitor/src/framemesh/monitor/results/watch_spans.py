"""The last span of a frame's trace: its result is seen by who watches."""

from collections.abc import Callable

from framemesh.core.clock import Clock
from framemesh.core.frame import FrameId
from framemesh.core.tracing.trace_context import context_in
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
        self, pipeline: str, message: ReceivedMessage, frame: Callable[[], FrameId]
    ) -> None:
        """A result was written to a watcher that was there when it was stored.

        Args:
            frame: made only of those that are traced.
        """
        # Nearly every result has no headers.
        if not message.headers or not self._spans.active:
            return
        context = context_in(message.headers)
        if context is None or not context.sampled:
            return
        stream = ledger_stream(pipeline)
        span = Span(
            f"watch {stream}",
            services.MONITOR,
            context.sibling(new_span_id()),
            message.stored_unix_nano,
            self._clock.unix_nano(),
            context.span_id,
            SpanKind.CONSUMER,
            {**of_frame(pipeline, frame()), **of_message("pull", "receive", stream)},
        )
        self._spans.export([span])
