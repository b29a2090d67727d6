"""The measurements of one process, by the table of metrics."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from framemesh.core.metrics.metric import Metric
from framemesh.runtime.metrics.instruments import Counter, Histogram

MAX_SERIES = 2000
"""Of one metric: a hundred pipelines with twenty reasons. What comes beyond is counted together."""

OTHER = "other"
"""The value of all attributes of what is counted together."""

SUPERVISOR = "supervisor"
"""The name of a process that keeps others running."""

Attributes = tuple[str, ...]
"""Values, in the order of the metric's attributes."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram has."""

    counts: tuple[int, ...]
    """Of each bucket."""
    total: float
    """Sum of all values."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a metric has, by its attributes."""

    metric: Metric
    values: Mapping[Attributes, float]
    """Of a counter or gauge."""
    distributions: Mapping[Attributes, Distribution]
    """Of a histogram."""


Snapshot = Sequence[Measured]

Snapshots = Mapping[str, Snapshot]
"""Those of several processes, by a name for each; it is empty where there is one."""

Readings = Mapping[Attributes, float]
Read = Callable[[], Readings]


class Meter(Protocol):
    """Takes measurements. No method blocks or raises, whatever becomes of what it is given."""

    def counter(self, metric: Metric, *attributes: str) -> Counter:
        """The series of these attributes; keep it where it is used for each frame."""
        ...

    def histogram(self, metric: Metric, *attributes: str) -> Histogram:
        """See `counter`."""
        ...

    def observe(self, metric: Metric, read: Read) -> None:
        """Have a counter or gauge read when somebody asks for it, by its attributes.

        `read` runs on the event loop, so it takes microseconds, and it awaits nothing.
        """
        ...

    def include(self, others: Callable[[], Awaitable[Snapshots]]) -> None:
        """Have the measurements of other processes told with those of this one, which keeps them
        running."""
        ...


class MemoryMeter:
    """Keeps what is measured, until it is asked for. For one event loop."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        """`metrics`: those that this process has."""
        self.metrics = tuple(metrics)
        self._counters: dict[str, dict[Attributes, Counter]] = {}
        self._histograms: dict[str, dict[Attributes, Histogram]] = {}
        self._observed: dict[str, list[Read]] = {}
        self._others: Callable[[], Awaitable[Snapshots]] | None = None

    def counter(self, metric: Metric, *attributes: str) -> Counter:
        """See Meter."""
        series = self._counters.setdefault(metric.name, {})
        key = _bounded(series, attributes)
        return series.get(key) or series.setdefault(key, Counter())

    def histogram(self, metric: Metric, *attributes: str) -> Histogram:
        """See Meter."""
        series = self._histograms.setdefault(metric.name, {})
        key = _bounded(series, attributes)
        return series.get(key) or series.setdefault(key, Histogram(metric.bounds))

    def observe(self, metric: Metric, read: Read) -> None:
        """See Meter."""
        self._observed.setdefault(metric.name, []).append(read)

    def include(self, others: Callable[[], Awaitable[Snapshots]]) -> None:
        """See Meter."""
        self._others = others

    async def snapshots(self) -> Snapshots:
        """That of this process and those of the others."""
        if self._others is None:
            return {"": self.snapshot()}
        return {SUPERVISOR: self.snapshot(), **await self._others()}

    def snapshot(self) -> Snapshot:
        """Everything as it is now."""
        return [
            Measured(metric, self._values(metric), self._distributions(metric))
            for metric in self.metrics
        ]

    def _values(self, metric: Metric) -> dict[Attributes, float]:
        """Several readings of the same series add up."""
        counters = self._counters.get(metric.name, {})
        found: dict[Attributes, float] = {key: each.value for key, each in counters.items()}
        for read in self._observed.get(metric.name, ()):
            for attributes, value in read().items():
                key = _bounded(found, attributes)
                found[key] = found.get(key, 0) + value
        return found

    def _distributions(self, metric: Metric) -> dict[Attributes, Distribution]:
        series = self._histograms.get(metric.name, {})
        return {key: Distribution(tuple(one.counts), one.total) for key, one in series.items()}


class _NoCounter(Counter):
    __slots__ = ()

    def add(self, amount: float = 1) -> None:
        pass


class _NoHistogram(Histogram):
    __slots__ = ()

    def observe(self, value: float) -> None:
        pass


class NoMeter:
    """Measures nothing."""

    def __init__(self) -> None:
        self._counter = _NoCounter()
        self._histogram = _NoHistogram(())

    def counter(self, metric: Metric, *attributes: str) -> Counter:
        """See Meter."""
        return self._counter

    def histogram(self, metric: Metric, *attributes: str) -> Histogram:
        """See Meter."""
        return self._histogram

    def observe(self, metric: Metric, read: Read) -> None:
        """See Meter."""

    def include(self, others: Callable[[], Awaitable[Snapshots]]) -> None:
        """See Meter."""


NO_METER: Meter = NoMeter()


def _bounded(series: Mapping[Attributes, object], attributes: Attributes) -> Attributes:
    if attributes in series or len(series) < MAX_SERIES:
        return attributes
    return (OTHER,) * len(attributes)
