"""What the service of sinks measures: the sinks that this process runs."""

from collections.abc import Callable
from typing import Protocol

from framemesh.core.metrics.sinks import (
    SINK_BEHIND,
    SINK_LOST_ENTRIES,
    SINK_MISSING_PICTURES,
    SINK_OLDEST,
    SINK_REFUSED,
    SINK_RESULTS,
    SINK_TROUBLE,
)
from framemesh.runtime.metrics.meter import Meter, Readings
from framemesh.sink.intake.counts import Counts

MAX_SINKS = 256
"""That are measured each: as many as there may be."""


class MeasuredSink(Protocol):
    """What is read of a sink that runs."""

    @property
    def names(self) -> tuple[str, str]:
        """Its own, and that of its pipeline."""
        ...

    @property
    def counts(self) -> Counts: ...

    @property
    def behind(self) -> int: ...

    @property
    def oldest_seconds(self) -> float: ...

    @property
    def trouble(self) -> str: ...

    @property
    def lost(self) -> int: ...


class SinkMeasurements:
    """Of the sinks that run, for as long as they do."""

    def __init__(self, meter: Meter) -> None:
        self._running: set[MeasuredSink] = set()
        meter.observe(SINK_RESULTS, lambda: self._read(lambda sink: sink.counts.written))
        meter.observe(SINK_BEHIND, lambda: self._read(lambda sink: sink.behind))
        meter.observe(SINK_OLDEST, lambda: self._read(lambda sink: sink.oldest_seconds))
        meter.observe(SINK_TROUBLE, lambda: self._read(lambda sink: bool(sink.trouble)))
        meter.observe(
            SINK_MISSING_PICTURES, lambda: self._read(lambda sink: sink.counts.missing_pictures)
        )
        meter.observe(SINK_REFUSED, lambda: self._read(lambda sink: sink.counts.refused_results))
        meter.observe(SINK_LOST_ENTRIES, lambda: self._read(lambda sink: sink.lost))

    def began(self, sink: MeasuredSink) -> None:
        self._running.add(sink)

    def ended(self, sink: MeasuredSink) -> None:
        self._running.discard(sink)

    def _read(self, of: Callable[[MeasuredSink], float]) -> Readings:
        return {sink.names: of(sink) for sink in list(self._running)[:MAX_SINKS]}
