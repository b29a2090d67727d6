"""The pages and boards that are made of the table of metrics, and what names its metrics."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from framemesh.core.metrics.metric import Kind
from framemesh.core.metrics.table import METRICS
from tools.metrics_page import BOARDS, ROOT, files

RULES = ROOT / "deploy/prometheus/rules.yml"


def known() -> set[str]:
    """Every series that the table has."""
    names = {metric.prometheus_name for metric in METRICS}
    for metric in METRICS:
        if metric.kind is Kind.HISTOGRAM:
            names |= {f"{metric.prometheus_name}{end}" for end in ("_bucket", "_sum", "_count")}
    return names


def named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:framemesh|process)_[a-z_]+", text))


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_what_is_made_of_the_table_is_fresh(path: Path) -> None:
    assert path.read_text() == files()[path], "run `make metrics-docs`"


def queries() -> Iterator[str]:
    for path in sorted(BOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield target["expr"]


def test_boards_show_every_metric_and_no_other() -> None:
    shown = set().union(*map(named, queries()))
    assert shown <= known()
    for metric in METRICS:
        assert {metric.prometheus_name, f"{metric.prometheus_name}_bucket"} & shown, metric.name


def test_rules_name_only_metrics_of_the_table() -> None:
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    assert len(rules) >= 10
    for rule in rules:
        assert named(rule["expr"]) <= known(), rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}
