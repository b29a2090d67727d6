"""Where traces go, as an environment variable."""

import pytest

from framemesh.runtime.settings import BadSetting, ServiceSettings, from_environment

OURS, STANDARD = "FRAMEMESH_OTLP", "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (OURS, STANDARD):
        monkeypatch.delenv(name, raising=False)


def test_traces_go_nowhere_unless_it_is_set() -> None:
    assert not from_environment(ServiceSettings).otlp


@pytest.mark.parametrize("name", [OURS, STANDARD])
@pytest.mark.parametrize(
    "value", ["collector:4317", "http://[::1]:4317", "https://collector.example:443"]
)
def test_both_names_are_good(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert from_environment(ServiceSettings).otlp == value


def test_our_own_name_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OURS, "ours:4317")
    monkeypatch.setenv(STANDARD, "http://theirs:4317")
    assert from_environment(ServiceSettings).otlp == "ours:4317"


@pytest.mark.parametrize("value", ["collector", "ftp://collector:21", "collector:4317/v1/traces"])
def test_what_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(OURS, value)
    with pytest.raises(BadSetting, match="FRAMEMESH_OTLP: use host:port of a collector's gRPC"):
        from_environment(ServiceSettings)
