"""Files of certificates that cannot be used are named, with what is wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.validity import Unreadable, validity
from tests.certificates import Certificates


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path / "certs")


def fault(files: TlsFiles) -> str:
    with pytest.raises(CertificateFault) as caught:
        files.read()
    return str(caught.value)


def test_files_that_fit_together_are_read(certificates: Certificates) -> None:
    files = certificates.server()
    found = files.read()
    assert found.ca == Path(files.ca).read_bytes()
    assert found.certificate == certificates.folder.certificate("server").read_bytes()


def test_a_missing_file_is_named(certificates: Certificates) -> None:
    files = certificates.server()
    gone = certificates.folder.path / "gone.crt"
    assert fault(replace(files, ca=gone)) == f"{gone} cannot be read: no such file or directory"


def test_the_key_of_another_certificate_is_found(certificates: Certificates) -> None:
    files, other = certificates.server(), certificates.client()
    assert "is not the key of" in fault(replace(files, key=other.key))


def test_what_is_no_certificate_is_named(certificates: Certificates) -> None:
    files = certificates.server()
    garbage = certificates.folder.path / "garbage"
    garbage.write_bytes(b"\xff\x00 no certificate")
    assert f"{garbage} has no certificate" in fault(replace(files, ca=garbage))
    assert f"{garbage} has no certificate" in fault(replace(files, certificate=garbage))


def test_what_is_no_key_is_named(certificates: Certificates) -> None:
    files = certificates.server()
    assert "has no key in PEM format" in fault(replace(files, key=files.ca))


def test_an_encrypted_key_asks_nobody_for_a_password(certificates: Certificates) -> None:
    files = certificates.server()
    key = certificates.folder.key("server")
    found = serialization.load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(
        found.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"word"),
        )
    )
    assert "is encrypted: write it without a password" in fault(files)


def test_a_file_without_an_end_is_not_read_to_its_end(certificates: Certificates) -> None:
    assert "is it a certificate?" in fault(TlsFiles(Path("/dev/zero")))


@pytest.mark.parametrize("days", [1, 400, 36_500])
def test_validity_is_that_of_the_certificate(certificates: Certificates, days: int) -> None:
    """The authority ends in ten years; what it issues, no later."""
    pem = certificates.server(days=days).read().certificate
    assert pem is not None
    found, expected = validity(pem), x509.load_pem_x509_certificate(pem)
    assert found.start == expected.not_valid_before_utc.timestamp()
    assert found.end == expected.not_valid_after_utc.timestamp()


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nMAAw\n-----END CERTIFICATE-----",
        b"-----END CERTIFICATE----------BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate_has_no_validity(pem: bytes) -> None:
    with pytest.raises(Unreadable):
        validity(pem)
