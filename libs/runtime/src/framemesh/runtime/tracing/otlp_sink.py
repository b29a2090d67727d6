"""Sends spans to a collector from a thread of its own, so that no event loop ever waits for it."""

import asyncio
import gc
import importlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from framemesh.core.metrics.process import SPANS_DROPPED
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import NO_METER, Meter
from framemesh.runtime.tracing.span import Span
from framemesh.runtime.tracing.span_sink import NO_SPANS, SpanSink

log = get_logger()

MAX_SPANS = 8192
"""That wait to be sent, some 8 MB. A thousand frames; at default sampling those of many minutes."""

BATCH_SPANS = 512
"""In one request: some 300 KB."""

PERIOD_SECONDS = 1.0
"""Between two requests: a trace is in Jaeger two seconds after its frame is done."""

CLOSE_SECONDS = 2.0
"""For what is left when the process ends; it is dropped then."""


class Exporter(Protocol):
    """What sends spans; see OtlpExporter."""

    def export(self, spans: Sequence[Span]) -> str:
        """Block until they are sent. Returns why they are not; empty: they are."""
        ...

    def close(self) -> None:
        """End what is under way."""
        ...


class ExporterFactory(Protocol):
    def __call__(self, endpoint: str, instance: str) -> Exporter: ...


class OtlpSink:
    """Implements SpanSink. What comes while its queue is full is dropped, and counted."""

    active = True

    def __init__(self, endpoint: str, instance: str, make: ExporterFactory | None = None) -> None:
        self._endpoint = endpoint
        self._instance = instance
        self._make = make or _otlp_exporter
        self._exporter: Exporter | None = None
        self._queue: deque[Span] = deque()
        self._max_spans = MAX_SPANS
        self._due = threading.Event()
        self._closing = False
        self._trouble = ""
        # Each is written by one thread.
        self._overflowed = 0
        self._unsent = 0
        self._told = 0
        """Of those that are dropped, what was told."""
        # A daemon: a collector that hangs must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """See SpanSink: for want of room or of a collector."""
        return self._overflowed + self._unsent

    def export(self, spans: Sequence[Span]) -> None:
        """See SpanSink."""
        if len(self._queue) + len(spans) > self._max_spans:
            self._overflowed += len(spans)
            return
        self._queue.extend(spans)
        if len(self._queue) >= BATCH_SPANS:
            self._due.set()

    def close(self) -> None:
        """Send what is left; blocks for CLOSE_SECONDS at most."""
        self._closing = True
        self._due.set()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive() and self._exporter is not None:
            self._exporter.close()

    def _run(self) -> None:
        try:
            self._exporter = self._make(self._endpoint, self._instance)
        except Exception as error:  # noqa: BLE001  a wrong setting of the exporter's own, such as a file
            log.error("no traces are exported", collector=self._endpoint, error=str(error))
            self._max_spans = 0
            self._unsent += len(self._queue)
            self._queue.clear()
            return
        while not self._closing:
            self._due.wait(PERIOD_SECONDS)
            self._due.clear()
            self._send_all(self._exporter)
        self._exporter.close()

    def _send_all(self, exporter: Exporter) -> None:
        # As many as there are now: while some come without end, nothing would look at `_closing`.
        for _ in range(-(-len(self._queue) // BATCH_SPANS)):
            batch = [self._queue.popleft() for _ in range(min(BATCH_SPANS, len(self._queue)))]
            if trouble := exporter.export(batch):
                self._unsent += len(batch)
                self._tell(trouble)
                # The rest waits for a collector that is well.
                return
            self._tell("")

    def _tell(self, trouble: str) -> None:
        """Once when it begins, and once when it is over."""
        if trouble and not self._trouble and not self._closing:
            log.warning(
                "the collector takes no traces: they are dropped until it does",
                collector=self._endpoint,
                error=trouble,
            )
        elif self._trouble and not trouble:
            lost, self._told = self.dropped - self._told, self.dropped
            log.info("the collector takes traces again", collector=self._endpoint, lost_spans=lost)
        self._trouble = trouble


def _otlp_exporter(endpoint: str, instance: str) -> Exporter:
    # Not at the top: OpenTelemetry takes 0.2 s to import, which those without a collector save.
    module = importlib.import_module("framemesh.runtime.tracing.otlp_exporter")
    exporter: Exporter = module.OtlpExporter(endpoint, instance)
    # What was imported stays: the garbage collector need not scan it again and again.
    gc.freeze()
    return exporter


@asynccontextmanager
async def span_sink(
    endpoint: str, instance: str, meter: Meter = NO_METER
) -> AsyncIterator[SpanSink]:
    """Where the spans of a process go; what waits at the end of the context is sent, or dropped
    after CLOSE_SECONDS.

    Args:
        endpoint: of the collector; empty: nobody wants spans.
        instance: the name of this process among those of its service.
        meter: tells how many are dropped.
    """
    if not endpoint:
        yield NO_SPANS
        return
    sink = OtlpSink(endpoint, instance)
    meter.observe(SPANS_DROPPED, lambda: {(): sink.dropped})
    try:
        yield sink
    finally:
        await asyncio.to_thread(sink.close)
