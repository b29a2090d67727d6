"""A collector of traces that a test can look into: OTLP over gRPC, as Jaeger takes it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as stubs
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from framemesh.runtime.processes.ports import free_block


@dataclass(frozen=True, slots=True)
class CollectedSpan:
    """One span as it came over the wire."""

    service: str
    instance: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    """Empty: it has none."""
    start: float
    end: float
    """In Unix seconds."""
    attributes: Mapping[str, Any]
    links: tuple[tuple[str, str], ...]
    """Trace and span."""
    error: str


@dataclass
class Collector:
    """What came, and how the next call is answered."""

    address: str
    spans: list[CollectedSpan] = field(default_factory=list)
    hangs: bool = False

    def of(self, trace_id: str) -> dict[str, CollectedSpan]:
        """The spans of one trace by the first word of their name."""
        return {span.name.split()[0]: span for span in self.spans if span.trace_id == trace_id}


class _Service(stubs.TraceServiceServicer):
    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    async def Export(
        self, request: pb.ExportTraceServiceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ExportTraceServiceResponse:
        if self._collector.hangs:
            await asyncio.Future()
        for resource in request.resource_spans:
            of_resource = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                self._collector.spans += [_collected(of_resource, span) for span in scope.spans]
        return pb.ExportTraceServiceResponse()


def _values(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    found = {}
    for each in attributes:
        kind = each.value.WhichOneof("value")
        found[each.key] = getattr(each.value, kind) if kind else None
    return found


def _collected(resource: Mapping[str, Any], span: Span) -> CollectedSpan:
    return CollectedSpan(
        resource["service.name"],
        resource["service.instance.id"],
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano / 1e9,
        span.end_time_unix_nano / 1e9,
        _values(span.attributes),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        span.status.message if span.status.code == Status.STATUS_CODE_ERROR else "",
    )


@asynccontextmanager
async def collector(address: str = "") -> AsyncIterator[Collector]:
    """A collector that runs while the context lasts.

    Args:
        address: host:port; empty: a free one.
    """
    found = Collector(address or f"127.0.0.1:{free_block(1)}")
    server = grpc.aio.server()
    stubs.add_TraceServiceServicer_to_server(_Service(found), server)  # type: ignore[no-untyped-call]
    server.add_insecure_port(found.address)
    await server.start()
    try:
        yield found
    finally:
        await server.stop(None)
