"""What was measured, as a page in Prometheus' text format."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from framemesh.core.metrics.metric import Kind, Metric
from framemesh.runtime.metrics.meter import Distribution, Measured, Snapshot


def page(snapshot: Snapshot) -> bytes:
    """Takes a millisecond a hundred series."""
    return generate_latest(_Collected(snapshot))


class _Collected(Collector):
    """A snapshot, as the library reads it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Family]:
        return map(_family, self._snapshot)


def _family(measured: Measured) -> Family:
    metric = measured.metric
    name, help_text = metric.prometheus_name.removesuffix("_total"), metric.description
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(name, help_text, labels=metric.attributes)
        for attributes, distribution in measured.distributions.items():
            histogram.add_metric(attributes, _buckets(metric, distribution), distribution.total)
        return histogram
    made = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = made(name, help_text, labels=metric.attributes)
    for attributes, value in measured.values.items():
        family.add_metric(attributes, value)
    return family


def _buckets(metric: Metric, distribution: Distribution) -> Sequence[tuple[str, float]]:
    """How many values were at most as large as each bound."""
    bounds = [*map(_bound, metric.bounds), "+Inf"]
    return list(zip(bounds, accumulate(distribution.counts), strict=True))


def _bound(value: float) -> str:
    """Without the last digits of the arithmetic: 0.00025, 50.0."""
    return repr(float(f"{value:.6g}"))
