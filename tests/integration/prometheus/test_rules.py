"""The alert rules and the configurations of Prometheus, by promtool."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy/prometheus/rules.yml"
ALERTS = Path(__file__).with_name("alerts.yml")


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    return found


def run(*command: str | os.PathLike[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_raised_by_what_it_is_for_and_by_nothing_else(promtool: str) -> None:
    run(promtool, "test", "rules", ALERTS)


@pytest.mark.parametrize("name", ["prometheus.yml", "swarm.yml"])
def test_prometheus_reads_the_configurations(promtool: str, name: str) -> None:
    run(promtool, "check", "config", ROOT / "deploy/prometheus" / name)


def test_each_alert_has_a_test() -> None:
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    tests = yaml.safe_load(ALERTS.read_text())["tests"]
    tried = {
        each["alertname"]
        for test in tests
        for each in test["alert_rule_test"]
        if each["exp_alerts"]
    }
    assert tried == {rule["alert"] for rule in rules}
