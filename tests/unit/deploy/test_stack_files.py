"""The files beside stack.yml name what is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from framemesh.agent.settings import AgentSettings
from framemesh.core.errors import FramemeshError
from framemesh.ingest.settings import Settings as IngestSettings
from framemesh.master.settings import Settings as MasterSettings
from framemesh.monitor.settings import Settings as MonitorSettings
from framemesh.runtime.connect_options import PlaintextRefused
from framemesh.runtime.settings import ServiceSettings, from_environment
from framemesh.sink.settings import Settings as SinkSettings

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
SETTINGS: dict[str, type[ServiceSettings]] = {
    "ingest": IngestSettings,
    "master": MasterSettings,
    "monitor": MonitorSettings,
}


LISTENING: dict[str, type[ServiceSettings]] = {
    **SETTINGS,
    "sink": SinkSettings,
    "agent": AgentSettings,
}
ENV = re.compile(r"(FRAMEMESH_\w+)=(\S+)")


def services(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text())["services"]
    return found


@pytest.mark.parametrize("name", ["traces.yml", "dashboard-token.yml", "tls.yml"])
def test_each_adds_to_services_of_the_stack_or_has_an_image(name: str) -> None:
    stack = services("stack.yml")
    for service, added in services(name).items():
        assert service in stack or "image" in added


@pytest.mark.parametrize("service", LISTENING)
def test_services_of_the_stack_take_what_it_sets(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in services("stack.yml")[service]["environment"].items():
        if not re.search(r"\$\{|\{\{", value):
            monkeypatch.setenv(variable, value)
    from_environment(LISTENING[service])


def test_the_servers_of_the_broker_are_asked_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = services("stack.yml")["monitor"]["environment"]["FRAMEMESH_MONITOR_BROKER_HTTP"]
    monkeypatch.setenv("FRAMEMESH_MONITOR_BROKER_HTTP", servers)
    assert from_environment(MonitorSettings).broker_http.split(",") == [
        f"nats-{number}:8222" for number in (1, 2, 3)
    ]


def test_all_that_make_spans_send_them_to_jaeger(monkeypatch: pytest.MonkeyPatch) -> None:
    added = services("traces.yml")
    port = added["jaeger"]["environment"]["JAEGER_OTLP"].rpartition(":")[2]
    for name, settings in SETTINGS.items():
        with monkeypatch.context() as patch:
            for variable, value in added[name]["environment"].items():
                patch.setenv(variable, "" if value.startswith("${") else value)
            try:
                assert from_environment(settings).otlp == f"jaeger:{port}"
            except FramemeshError as error:
                pytest.fail(f"{name}: {error}")


def test_jaeger_is_configured_by_the_variables_that_the_stack_sets() -> None:
    configuration = (DEPLOY / "jaeger.yaml").read_text()
    for variable in services("traces.yml")["jaeger"]["environment"]:
        assert f"${{env:{variable}:-" in configuration


@pytest.mark.parametrize("name", LISTENING)
def test_the_stack_says_in_words_that_its_network_is_private(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images listen on all addresses."""
    stage = (DEPLOY / "Dockerfile").read_text().partition(f"FROM service AS {name}\n")[2]
    for variable, value in ENV.findall(stage.partition("FROM ")[0]):
        monkeypatch.setenv(variable, value)
    with pytest.raises(PlaintextRefused):
        from_environment(LISTENING[name]).check_ports()
    word = services("stack.yml")[name]["environment"]["FRAMEMESH_ALLOW_PLAINTEXT"]
    monkeypatch.setenv("FRAMEMESH_ALLOW_PLAINTEXT", word)
    from_environment(LISTENING[name]).check_ports()


@pytest.mark.parametrize("name", LISTENING)
def test_certificates_take_the_place_of_that_word(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = services("tls.yml")[name]
    for variable, value in added["environment"].items():
        monkeypatch.setenv(variable, value)
    settings = from_environment(LISTENING[name])
    assert not settings.connect.plaintext_allowed
    assert settings.tls is not None
    secrets = {f"/run/secrets/{each['source']}" for each in added["secrets"]}
    assert {str(path) for path in settings.tls.paths} == secrets
    if isinstance(settings, MasterSettings):
        assert {f"/run/secrets/{each}" for each in settings.swarm_secrets.split(",")} == secrets


@pytest.mark.parametrize("name", ["nats-1", "nats-2", "nats-3"])
def test_the_brokers_read_the_files_of_their_configuration(name: str) -> None:
    added = services("tls.yml")[name]
    configuration = added["command"][added["command"].index("--config") + 1]
    text = "".join(
        (DEPLOY / "nats" / each).read_text()
        for each in (Path(configuration).name, "nats-server-tls.conf")
    )
    assert set(re.findall(r"\$(FRAMEMESH_NATS_TLS_\w+)", text)) == set(added["environment"])
    secrets = {json.dumps(f"/run/secrets/{each['source']}") for each in added["secrets"]}
    assert set(added["environment"].values()) == secrets
