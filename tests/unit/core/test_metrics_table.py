"""The table of metrics holds together."""

import re

from framemesh.core.hops import Hop
from framemesh.core.metrics.metric import Kind, Service
from framemesh.core.metrics.table import METRICS, metrics_of


def test_each_metric_has_one_name() -> None:
    names = [metric.prometheus_name for metric in METRICS]
    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", metric.name)
        assert re.fullmatch(r"[a-z_]+", metric.prometheus_name)


def test_each_metric_is_described_in_one_sentence() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"[0-9A-Z][^\n]*[.]", metric.description), metric.name


def test_histograms_and_only_they_have_bounds_that_grow() -> None:
    for metric in METRICS:
        assert bool(metric.bounds) is (metric.kind is Kind.HISTOGRAM), metric.name
        assert list(metric.bounds) == sorted(set(metric.bounds)), metric.name


def test_only_metrics_of_cameras_tell_them_apart() -> None:
    for metric in METRICS:
        assert ("camera" in metric.attributes) is metric.name.startswith("framemesh.camera.")
        assert not {"frame", "session", "sequence", "worker"} & set(metric.attributes)


def test_each_service_has_some() -> None:
    for service in Service:
        assert len(metrics_of(service)) >= 6, service
    assert len(Hop) == 7
