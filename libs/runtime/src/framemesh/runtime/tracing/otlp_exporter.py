"""Spans as OTLP over gRPC, by OpenTelemetry's exporter.

To import this takes 0.2 s: it is done once spans are to be exported, see otlp_sink.py.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.grpc import exporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace import SpanKind as OtelKind

from framemesh.core.tracing.trace_context import TraceContext
from framemesh.runtime.tracing.span import Span, SpanKind

EXPORT_TIMEOUT_SECONDS = 5.0
"""For one batch, with all its retries. A collector that hangs has the spans of so long waiting."""

MAX_TROUBLE = 200
"""Letters of what the exporter says: gRPC lists every address that it tried."""

_KINDS = {
    SpanKind.INTERNAL: OtelKind.INTERNAL,
    SpanKind.PRODUCER: OtelKind.PRODUCER,
    SpanKind.CONSUMER: OtelKind.CONSUMER,
    SpanKind.CLIENT: OtelKind.CLIENT,
}
_SCOPE = InstrumentationScope("framemesh", version("framemesh-runtime"))


class OtlpExporter:
    """A connection to a collector, for one thread."""

    def __init__(self, endpoint: str, instance: str) -> None:
        """
        Args:
            endpoint: host:port, or a URL whose scheme says whether it is TLS.
            instance: the name of this process among those of its service.
        """
        self._instance = instance
        self._trouble = _Trouble()
        plain = "://" not in endpoint
        self._exporter = OTLPSpanExporter(
            endpoint=f"http://{endpoint}" if plain else endpoint, timeout=EXPORT_TIMEOUT_SECONDS
        )

    def export(self, spans: Sequence[Span]) -> str:
        """Blocks until the collector has them, for EXPORT_TIMEOUT_SECONDS at most.

        Returns why it has not; empty: it has.
        """
        self._trouble.last = ""
        result = self._exporter.export([readable(span, self._instance) for span in spans])
        if result is SpanExportResult.SUCCESS:
            return ""
        return self._trouble.last or "no reason given"

    def close(self) -> None:
        """Ends an export that is under way in another thread, too."""
        self._exporter.shutdown()


class _Trouble(logging.Handler):
    """What the exporter logs goes here and nowhere else: it would repeat itself every second."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        logger = logging.getLogger("opentelemetry")
        logger.propagate = False
        logger.handlers = [self]
        # It says nothing twice in 20 s, and we want to know why each time.
        logging.getLogger(exporter.__name__).filters.clear()

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage().splitlines()[0][:MAX_TROUBLE]


def readable(span: Span, instance: str) -> ReadableSpan:
    """A span as the exporter takes it."""
    parent = span.context.sibling(span.parent_id) if span.parent_id else None
    return ReadableSpan(
        span.name,
        _context(span.context),
        parent=_context(parent) if parent else None,
        resource=_resource(span.service, instance),
        attributes=span.attributes,
        links=list(_links(span.links)),
        kind=_KINDS[span.kind],
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
        start_time=span.start_unix_nano,
        end_time=max(span.start_unix_nano, span.end_unix_nano),
        instrumentation_scope=_SCOPE,
    )


def _context(context: TraceContext) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT)
    return SpanContext(context.trace_id, context.span_id, is_remote=False, trace_flags=flags)


def _links(contexts: Iterable[TraceContext]) -> Iterable[Link]:
    return (Link(_context(context)) for context in contexts)


@lru_cache(16)
def _resource(service: str, instance: str) -> Resource:
    """Of one service, and of this process."""
    return Resource({"service.name": service, "service.instance.id": instance})
