"""The settings of certificates, and which ports may be opened without."""

from pathlib import Path

import pytest

from framemesh.ingest.settings import Settings
from framemesh.runtime.connect_options import (
    DEFAULT,
    CertificatesUnusable,
    ConnectOptions,
    PlaintextRefused,
    is_loopback,
)
from framemesh.runtime.connect_settings import ConnectSettings
from framemesh.runtime.settings import BadSetting, from_environment
from framemesh.tls.files import TlsFiles
from tests.certificates import Certificates


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "localhost:1"])
def test_this_machine_may_be_served_in_plaintext(address: str) -> None:
    assert is_loopback(address)
    DEFAULT.check_port(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0:1", "[::]:1", ":1", "10.0.0.5:1", "node-1:1", "localhost.example:1"]
)
def test_others_are_served_in_plaintext_only_where_that_is_said(address: str) -> None:
    with pytest.raises(PlaintextRefused, match="and nothing is encrypted there: set FRAMEMESH_TLS"):
        DEFAULT.check_port(address)
    ConnectOptions(plaintext_allowed=True).check_port(address)
    ConnectOptions(tls=TlsFiles("ca.crt", "a.crt", "a.key")).check_port(address)


def test_a_service_asks_for_each_of_its_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_INGEST_LISTEN", "127.0.0.1:7401")
    monkeypatch.setenv("FRAMEMESH_INGEST_METRICS", "0.0.0.0:9464")
    with pytest.raises(PlaintextRefused, match=r"0\.0\.0\.0:9464"):
        from_environment(Settings).check_ports()
    monkeypatch.setenv("FRAMEMESH_ALLOW_PLAINTEXT", "private-network")
    from_environment(Settings).check_ports()


def test_plaintext_is_allowed_in_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_ALLOW_PLAINTEXT", "1")
    with pytest.raises(BadSetting, match=r"FRAMEMESH_ALLOW_PLAINTEXT: .*'private-network'"):
        from_environment(Settings)


def test_settings_become_options_and_variables_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Certificates.create(tmp_path / "certs").server()
    given = {
        "FRAMEMESH_TLS_CA": str(files.ca),
        "FRAMEMESH_TLS_CERT": str(files.certificate),
        "FRAMEMESH_TLS_KEY": str(files.key),
        "FRAMEMESH_TLS_NAME": "framemesh",
        "FRAMEMESH_TLS_CLIENTS": "any",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = from_environment(Settings)
    settings.check_ports()
    assert settings.connect == ConnectOptions(
        tls=TlsFiles(files.ca, files.certificate, files.key, "framemesh"), verify_clients=False
    )
    assert settings.connect_environment == given


def test_nothing_is_set_by_default() -> None:
    settings = ConnectSettings()
    settings.check_certificates()
    assert settings.connect == DEFAULT
    assert not settings.connect_environment


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"CERT", "KEY"}, "FRAMEMESH_TLS_CA: is missing"),
        ({"CA", "CERT"}, "FRAMEMESH_TLS_KEY: is missing"),
        ({"CA", "KEY"}, "FRAMEMESH_TLS_CERT: is missing"),
    ],
)
def test_half_of_the_settings_is_refused(
    given: set[str], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Certificates.create(tmp_path / "certs").server()
    paths = {"CA": files.ca, "CERT": files.certificate, "KEY": files.key}
    for name in given:
        monkeypatch.setenv(f"FRAMEMESH_TLS_{name}", str(paths[name]))
    with pytest.raises(CertificatesUnusable, match=missing):
        from_environment(Settings).check_ports()


def test_a_service_that_encrypts_has_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command needs none where clients are not asked for one."""
    ca = Certificates.create(tmp_path / "certs").ca
    monkeypatch.setenv("FRAMEMESH_TLS_CA", str(ca))
    from_environment(ConnectSettings).check_certificates()
    with pytest.raises(CertificatesUnusable, match="FRAMEMESH_TLS_CERT: is missing: a service"):
        from_environment(Settings).check_ports()


def test_a_file_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_TLS_CA", str(tmp_path / "gone.crt"))
    with pytest.raises(CertificatesUnusable, match=r"gone\.crt cannot be read: no such file"):
        from_environment(ConnectSettings).check_certificates()
