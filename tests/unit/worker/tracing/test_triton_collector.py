"""Where Triton's own spans go."""

import pytest

from framemesh.runtime.settings import BadSetting, from_environment
from framemesh.worker.settings import Settings

HTTP = "http://other:9000/v1/traces"


@pytest.mark.parametrize(
    ("grpc", "own", "expected"),
    [
        ("", "", ""),
        ("collector:4317", "", "http://collector:4318/v1/traces"),
        ("https://collector:4317", "", "https://collector:4318/v1/traces"),
        ("collector:4000", "", ""),
        ("collector:4317", HTTP, HTTP),
        ("", HTTP, HTTP),
    ],
)
def test_they_go_to_the_usual_port_of_the_same_collector_unless_it_is_set(
    monkeypatch: pytest.MonkeyPatch, grpc: str, own: str, expected: str
) -> None:
    monkeypatch.setenv("FRAMEMESH_WORKER_ID", "w")
    monkeypatch.setenv("FRAMEMESH_WORKER_PIPELINE", "street")
    monkeypatch.setenv("FRAMEMESH_OTLP", grpc)
    monkeypatch.setenv("FRAMEMESH_WORKER_TRITON_OTLP", own)
    assert from_environment(Settings).triton_collector == expected


def test_what_is_no_url_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_WORKER_ID", "w")
    monkeypatch.setenv("FRAMEMESH_WORKER_PIPELINE", "street")
    monkeypatch.setenv("FRAMEMESH_WORKER_TRITON_OTLP", "collector:4318")
    with pytest.raises(BadSetting, match="FRAMEMESH_WORKER_TRITON_OTLP: use a URL"):
        from_environment(Settings)
