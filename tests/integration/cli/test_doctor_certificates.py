"""Certificates of real servers, as `framemesh doctor` finds them."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from framemesh.cli.doctor.checks import certificates
from framemesh.cli.doctor.finding import Finding, Status
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.local.ports import Ports

NAMES = "subjectAltName=IP:127.0.0.1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of 127.0.0.1, signed by itself."""

    file: Path
    key: Path


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """One that ends in ten days."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = Certificate(tmp_path / "server.crt", tmp_path / "server.key")
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *(
                "-nodes",
                "-days",
                "10",
                "-subj",
                "/CN=mesh",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ),
            *("-keyout", made.key, "-out", made.file),
        ),
        check=True,
        capture_output=True,
        timeout=60,
    )
    return made


@asynccontextmanager
async def serving(certificate: Certificate, *, nats: bool) -> AsyncIterator[int]:
    """A server with that certificate, as nats-server begins or as HTTPS does; yields its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.file, certificate.key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if nats:
                writer.write(b'INFO {"tls_required": true}\r\n')
                await writer.start_tls(context)
            await reader.read()
        except OSError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=None if nats else context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def found(tmp_path: Path, certificate: Certificate, *, nats: bool) -> Finding:
    async with serving(certificate, nats=nats) as port:
        where = (
            Surroundings(tmp_path, Ports(), nats=f"tls://user:S3CR3T@127.0.0.1:{port}")
            if nats
            else Surroundings(tmp_path, Ports(), registry=f"https://127.0.0.1:{port}")
        )
        (finding,) = await certificates.examine(where)
    return finding


@pytest.mark.parametrize("nats", [True, False])
async def test_one_that_is_not_trusted_is_a_problem(
    tmp_path: Path, certificate: Certificate, nats: bool
) -> None:
    finding = await found(tmp_path, certificate, nats=nats)
    assert finding.status is Status.PROBLEM
    assert "is not trusted: self-signed certificate" in finding.words
    assert "S3CR3T" not in finding.words


@pytest.mark.parametrize("nats", [True, False])
async def test_one_that_ends_soon_is_a_warning(
    tmp_path: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, nats: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    finding = await found(tmp_path, certificate, nats=nats)
    assert finding.status is Status.WARNING, finding
    assert "ends in 10 days" in finding.words
