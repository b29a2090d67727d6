"""Spans over the wire, to a collector that is there, comes later, goes, or hangs."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from framemesh.core.tracing.trace_context import TraceContext
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.tracing import otlp_exporter, otlp_sink
from framemesh.runtime.tracing.otlp_sink import OtlpSink
from framemesh.runtime.tracing.span import Span, SpanKind
from tests.collector import CollectedSpan, collector
from tests.waiting import eventually

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = Span(
    "process FRAMES-street-1-0",
    "framemesh-worker",
    TraceContext(int(TRACE, 16), 5),
    1_000_000_000,
    3_000_000_000,
    7,
    SpanKind.CONSUMER,
    {"framemesh.camera": "door", "framemesh.sequence": 9},
    (TraceContext(11, 13),),
    "undecodable: cut off",
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_sink, "PERIOD_SECONDS", 0.02)
    monkeypatch.setattr(otlp_exporter, "EXPORT_TIMEOUT_SECONDS", 0.5)


@pytest.fixture
async def address() -> str:
    return f"127.0.0.1:{free_block(1)}"


@pytest.fixture
async def sink(address: str) -> AsyncIterator[OtlpSink]:
    found = OtlpSink(address, "street-1", None)
    try:
        yield found
    finally:
        await asyncio.to_thread(found.close)


def sent(sink: OtlpSink) -> bool:
    """Another span is on its way."""
    sink.export([SPAN])
    return True


async def test_a_span_comes_as_it_is(address: str, sink: OtlpSink) -> None:
    async with collector(address) as there:
        sink.export([SPAN])
        await eventually(lambda: there.spans)
    assert there.spans == [
        CollectedSpan(
            "framemesh-worker",
            "street-1",
            "process FRAMES-street-1-0",
            TRACE,
            "0000000000000005",
            "0000000000000007",
            1.0,
            3.0,
            {"framemesh.camera": "door", "framemesh.sequence": 9},
            ((f"{11:032x}", f"{13:016x}"),),
            "undecodable: cut off",
        )
    ]


async def test_a_collector_that_comes_late_and_goes_is_told_of_once_each_time(
    address: str, sink: OtlpSink
) -> None:
    def events() -> list[str]:
        return [line["event"] for line in lines]

    with structlog.testing.capture_logs() as lines:
        sink.export([SPAN])
        await eventually(lambda: len(events()) == 1)
        async with collector(address) as there:
            # Nobody waits for it: it is found with what comes next.
            await eventually(lambda: sent(sink) and there.spans)
            await eventually(lambda: len(events()) == 2)
        await eventually(lambda: sent(sink) and len(events()) == 3)
    away = "the collector takes no traces: they are dropped until it does"
    assert events() == [away, "the collector takes traces again", away]
    assert address in lines[0]["error"]


async def test_a_collector_that_hangs_costs_its_spans_alone(address: str, sink: OtlpSink) -> None:
    with structlog.testing.capture_logs() as lines:
        async with collector(address) as there:
            there.hangs = True
            sink.export([SPAN])
            await eventually(lambda: lines)
            there.hangs = False
            await eventually(lambda: sent(sink) and there.spans)
            # What was under way when it hung is gone; the event loop never waited.
            await eventually(lambda: len(lines) == 2)
    assert "DEADLINE_EXCEEDED" in lines[0]["error"]
