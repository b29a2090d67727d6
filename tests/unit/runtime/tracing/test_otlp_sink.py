"""A collector that is dead, slow or hangs costs nothing, blocks nothing, and is told once."""

import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial

import pytest
import structlog

from framemesh.core.metrics.process import SPANS_DROPPED
from framemesh.core.tracing.trace_context import TraceContext
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.tracing import otlp_sink
from framemesh.runtime.tracing.otlp_sink import MAX_SPANS, OtlpSink, span_sink
from framemesh.runtime.tracing.span import Span
from framemesh.runtime.tracing.span_sink import NO_SPANS
from tests.waiting import eventually

SPAN = Span("frame street", "framemesh", TraceContext(1, 2), 1, 2)


class Collector:
    """Takes spans, or hangs, or refuses them."""

    def __init__(self) -> None:
        self.taken: list[Span] = []
        self.trouble = ""
        self.hangs = False
        self.asked = 0
        self.closed = threading.Event()

    def __call__(self, endpoint: str, instance: str) -> "Collector":
        return self

    def export(self, spans: Sequence[Span]) -> str:
        self.asked += 1
        if self.hangs:
            self.closed.wait(30)
            return "closed"
        if not self.trouble:
            self.taken += spans
        return self.trouble

    def was_asked(self, times: int) -> bool:
        return self.asked == times

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Collector:
    monkeypatch.setattr(otlp_sink, "PERIOD_SECONDS", 0.01)
    monkeypatch.setattr(otlp_sink, "CLOSE_SECONDS", 0.2)
    return Collector()


@pytest.fixture
def sink(collector: Collector) -> Iterator[OtlpSink]:
    found = OtlpSink("collector:4317", "w", collector)
    yield found
    collector.closed.set()
    found.close()


async def test_spans_come_to_the_collector(collector: Collector, sink: OtlpSink) -> None:
    sink.export([SPAN, SPAN])
    await eventually(lambda: len(collector.taken) == 2)
    assert sink.dropped == 0


async def test_what_waits_at_the_end_is_sent(collector: Collector) -> None:
    sink = OtlpSink("collector:4317", "w", collector)
    sink.export([SPAN] * 1000)
    sink.close()
    assert len(collector.taken) == 1000
    assert collector.closed.is_set()


async def test_a_collector_that_hangs_blocks_nobody_and_its_spans_are_bounded(
    collector: Collector, sink: OtlpSink
) -> None:
    collector.hangs = True
    sink.export([SPAN])
    await eventually(lambda: collector.asked == 1)
    began = time.thread_time()
    for _ in range(2 * MAX_SPANS):
        sink.export([SPAN])
    assert time.thread_time() - began < 1.0
    assert sink.dropped == MAX_SPANS


async def test_spans_without_an_exporter_are_counted_as_dropped(collector: Collector) -> None:
    """As where one of the exporter's own settings names a file that is not there."""

    def fail(endpoint: str, instance: str) -> Collector:
        raise FileNotFoundError("certificate.pem")

    with structlog.testing.capture_logs() as lines:
        sink = OtlpSink("collector:4317", "w", fail)
        await eventually(lambda: bool(lines))
    sink.export([SPAN, SPAN])
    assert sink.dropped == 2


async def test_the_end_of_a_process_waits_for_a_collector_that_hangs_no_longer_than_it_says(
    collector: Collector,
) -> None:
    collector.hangs = True
    sink = OtlpSink("collector:4317", "w", collector)
    sink.export([SPAN])
    await eventually(lambda: collector.asked == 1)
    sink.close()
    assert collector.closed.is_set()


async def test_trouble_is_told_once_and_its_end_once(collector: Collector, sink: OtlpSink) -> None:
    with structlog.testing.capture_logs() as lines:
        collector.trouble = "connection refused"
        for expected in (1, 2, 3):
            sink.export([SPAN])
            await eventually(partial(collector.was_asked, expected))
        collector.trouble = ""
        sink.export([SPAN])
        await eventually(lambda: collector.taken)
        sink.export([SPAN])
        await eventually(lambda: len(collector.taken) == 2)
    assert [line["event"] for line in lines] == [
        "the collector takes no traces: they are dropped until it does",
        "the collector takes traces again",
    ]
    assert lines[0]["error"] == "connection refused"
    assert lines[1]["lost_spans"] == 3


async def test_spans_that_no_collector_took_are_counted(collector: Collector) -> None:
    meter = MemoryMeter([SPANS_DROPPED])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(otlp_sink, "_otlp_exporter", collector)
        collector.trouble = "connection refused"
        async with span_sink("collector:4317", "w", meter) as spans:
            spans.export([SPAN, SPAN])
            await eventually(lambda: meter.snapshot()[0].values == {(): 2})


async def test_without_a_collector_there_is_nothing() -> None:
    async with span_sink("", "w") as spans:
        assert spans is NO_SPANS
        assert not spans.active
