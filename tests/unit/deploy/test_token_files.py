"""deploy/tokens.yml names files that services and workers have."""

import re
from pathlib import Path

import pytest
import yaml

from framemesh.agent.settings import AgentSettings
from framemesh.ingest.settings import Settings as IngestSettings
from framemesh.master.settings import Settings as MasterSettings
from framemesh.monitor.settings import Settings as MonitorSettings
from framemesh.runtime.settings import ServiceSettings, from_environment
from framemesh.sink.settings import Settings as SinkSettings

FILE = Path(__file__).resolve().parents[3] / "deploy" / "tokens.yml"

SETTINGS: dict[str, type[ServiceSettings]] = {
    "ingest": IngestSettings,
    "master": MasterSettings,
    "monitor": MonitorSettings,
    "sink": SinkSettings,
    "agent": AgentSettings,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_tokens_are_files_where_services_and_workers_look_for_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = yaml.safe_load(FILE.read_text())["services"][name]
    for variable, value in added["environment"].items():
        monkeypatch.setenv(variable, value.replace("${FRAMEMESH_TOKEN_KEY}", "k1"))
    settings = from_environment(SETTINGS[name])
    targets = [each.get("target", each["source"]) for each in added["secrets"]]
    assert str(settings.token_keys) == "/run/secrets"
    assert str(settings.mesh_token_file) == f"/run/secrets/{targets[1]}"
    assert re.sub(r"\$\{.*\}", "k1", targets[0]) == "k1.pub"
    if isinstance(settings, MasterSettings):
        assert settings.swarm_secrets.split(",")[-2:] == ["k1.pub", targets[1]]
