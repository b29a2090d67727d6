"""What was measured, on its way to another process of the same service."""

from collections.abc import Iterable
from typing import Any

from framemesh.core.metrics.metric import Metric
from framemesh.runtime.metrics.meter import Distribution, Measured, Snapshot


def to_plain(snapshot: Snapshot) -> list[Any]:
    """As JSON takes it. Metrics that have nothing are left out."""
    return [
        [
            measured.metric.name,
            [[attributes, value] for attributes, value in measured.values.items()],
            [
                [attributes, found.counts, found.total]
                for attributes, found in measured.distributions.items()
            ],
        ]
        for measured in snapshot
        if measured.values or measured.distributions
    ]


def from_plain(plain: list[Any], metrics: Iterable[Metric]) -> Snapshot:
    """The snapshot again, with each of `metrics`."""
    found = {name: (values, distributions) for name, values, distributions in plain}
    return [_measured(metric, *found.get(metric.name, ((), ()))) for metric in metrics]


def _measured(metric: Metric, values: Any, distributions: Any) -> Measured:
    return Measured(
        metric,
        {tuple(attributes): value for attributes, value in values},
        {
            tuple(attributes): Distribution(tuple(counts), total)
            for attributes, counts, total in distributions
        },
    )
