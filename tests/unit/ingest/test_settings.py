import pytest

from framemesh.ingest.settings import Settings
from framemesh.runtime.settings import BadSetting, from_environment


def test_every_setting_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRAMEMESH_NATS", "FRAMEMESH_INGEST_LISTEN", "FRAMEMESH_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    settings = from_environment(Settings)
    assert settings.nats == "nats://127.0.0.1:7404"
    assert (settings.listen, settings.log_level) == ("127.0.0.1:7401", "info")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_NATS", "tls://broker:4222")
    monkeypatch.setenv("FRAMEMESH_INGEST_LISTEN", "[::]:7401")
    monkeypatch.setenv("FRAMEMESH_LOG_LEVEL", "DEBUG")
    settings = from_environment(Settings)
    assert settings.nats == "tls://broker:4222"
    assert (settings.listen, settings.log_level) == ("[::]:7401", "debug")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("FRAMEMESH_INGEST_CREDIT_FRAMES", "many", "input should be a valid integer"),
        ("FRAMEMESH_INGEST_CREDIT_BYTES", "0", "input should be greater than or equal to 1024"),
        ("FRAMEMESH_INGEST_LISTEN", "7401", "use host:port, such as 127.0.0.1:7401"),
        ("FRAMEMESH_INGEST_LISTEN", "host:99999", "use host:port, such as 127.0.0.1:7401"),
        ("FRAMEMESH_LOG_LEVEL", "loud", "input should be 'debug', 'info', 'warning', 'error'"),
        ("FRAMEMESH_NATS", "127.0.0.1:4222", "use nats://host:port or tls://host:port"),
        ("FRAMEMESH_NATS", "nats://a b", "use nats://host:port or tls://host:port"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as told:
        from_environment(Settings)
    assert str(told.value).startswith(f"{name}: {line}")
    assert str(told.value).endswith(f", not {value!r}")
