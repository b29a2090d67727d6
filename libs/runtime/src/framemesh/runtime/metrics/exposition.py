"""What was measured, as a page in Prometheus' text format."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from framemesh.core.metrics.metric import Kind, Metric
from framemesh.runtime.metrics.meter import Attributes, Distribution, Measured, Snapshots

PROCESS = "process"
"""The label that tells several processes of one service apart."""


def page(snapshots: Snapshots) -> bytes:
    """Takes a millisecond a hundred series."""
    return generate_latest(_Collected(snapshots))


class _Collected(Collector):
    """Snapshots, as the library reads them: a family has the series of all processes."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterable[Family]:
        # Of one service, so all have the same metrics.
        for same in zip(*self._snapshots.values(), strict=True):
            yield _family(dict(zip(self._snapshots, same, strict=True)))


def _family(measured: Mapping[str, Measured]) -> Family:
    metric = next(iter(measured.values())).metric
    name, help_text = metric.prometheus_name.removesuffix("_total"), metric.description
    labels = [*metric.attributes, *([PROCESS] if "" not in measured else [])]
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(name, help_text, labels=labels)
        for process, found in measured.items():
            for attributes, distribution in found.distributions.items():
                values = _labels(attributes, process)
                histogram.add_metric(values, _buckets(metric, distribution), distribution.total)
        return histogram
    made = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = made(name, help_text, labels=labels)
    for process, found in measured.items():
        for attributes, value in found.values.items():
            family.add_metric(_labels(attributes, process), value)
    return family


def _labels(attributes: Attributes, process: str) -> Sequence[str]:
    return (*attributes, process) if process else attributes


def _buckets(metric: Metric, distribution: Distribution) -> Sequence[tuple[str, float]]:
    """How many values were at most as large as each bound."""
    bounds = [*map(_bound, metric.bounds), "+Inf"]
    return list(zip(bounds, accumulate(distribution.counts), strict=True))


def _bound(value: float) -> str:
    """Without the last digits of the arithmetic: 0.00025, 50.0."""
    return repr(float(f"{value:.6g}"))
