"""Boards for Grafana: a panel for each metric."""

from collections.abc import Iterable
from typing import Any

from framemesh.core.metrics.metric import BYTES, SECONDS, Kind, Metric

COLUMNS = 3
"""Panels beside one another, on a board of 24 units."""

HEIGHT = 8

QUANTILES = (0.5, 0.99)

UNITS = {SECONDS: "s", BYTES: "bytes"}
RATES = {SECONDS: "percentunit", BYTES: "Bps"}
"""Of counters a second: seconds a second are a share of one."""

SOURCE = {"type": "prometheus", "uid": "${source}"}


def board(name: str, title: str, metrics: Iterable[Metric]) -> dict[str, Any]:
    """The board of one part of the table, as Grafana imports it."""
    return {
        "uid": f"framemesh-{name}",
        "title": f"framemesh: {title.lower()}",
        "tags": ["framemesh"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [_source(), _pipeline()]},
        "panels": [_panel(at, metric) for at, metric in enumerate(metrics)],
    }


def queries(metric: Metric) -> list[str]:
    """What a panel shows of a metric."""
    name = metric.prometheus_name
    by = metric.attributes or ("instance",)
    chosen = '{pipeline=~"$pipeline"}' if "pipeline" in metric.attributes else ""
    if metric.kind is Kind.COUNTER:
        return [f"sum by ({', '.join(by)}) (rate({name}{chosen}[$__rate_interval]))"]
    if metric.kind is Kind.GAUGE:
        return [f"sum by ({', '.join(by)}) ({name}{chosen})"]
    rate = f"sum by ({', '.join(('le', *by))}) (rate({name}_bucket{chosen}[$__rate_interval]))"
    return [f"histogram_quantile({quantile}, {rate})" for quantile in QUANTILES]


def _panel(at: int, metric: Metric) -> dict[str, Any]:
    width = 24 // COLUMNS
    by = metric.attributes or ("instance",)
    labels = " ".join(f"{{{{{each}}}}}" for each in by)
    names = [f"p{quantile * 100:g} " for quantile in QUANTILES] if metric.bounds else [""]
    units = RATES if metric.kind is Kind.COUNTER else UNITS
    return {
        "id": at + 1,
        "type": "timeseries",
        "title": metric.name,
        "description": metric.description,
        "datasource": SOURCE,
        "gridPos": {
            "x": width * (at % COLUMNS),
            "y": HEIGHT * (at // COLUMNS),
            "w": width,
            "h": HEIGHT,
        },
        "fieldConfig": {
            "defaults": {"unit": units.get(metric.unit, "short")},
            "overrides": [],
        },
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": f"{name}{labels}",
            }
            for number, (name, query) in enumerate(zip(names, queries(metric), strict=True))
        ],
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "data source", "type": "datasource", "query": "prometheus"}


def _pipeline() -> dict[str, Any]:
    return {
        "name": "pipeline",
        "type": "query",
        "datasource": SOURCE,
        "query": "label_values(framemesh_ledger_pending, pipeline)",
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }
