"""What a command says where certificates are why it reaches nothing, and where they are not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.server import grpc_server
from framemesh.tls.files import TlsFiles
from tests.certificates import HOUR, Certificates
from tests.command_line import Ended, framemesh

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path / "certs")


@pytest.fixture
async def monitor(certificates: Certificates) -> AsyncIterator[str]:
    """A server that lets in who has a certificate, and has no service of a monitor."""
    async with grpc_server("127.0.0.1:0", [], ConnectOptions(tls=certificates.server())) as server:
        yield f"127.0.0.1:{server.port}"


async def status(monitor: str, tls: TlsFiles | None) -> Ended:
    paths = dict(zip(("CA", "CERT", "KEY"), tls.paths, strict=False)) if tls else {}
    variables = {f"FRAMEMESH_TLS_{name}": str(path) for name, path in paths.items()}
    return await framemesh("status", FRAMEMESH_MONITOR=monitor, **variables)


def only_line(ended: Ended) -> str:
    assert ended.status == 1
    (line,) = ended.error.splitlines()
    return line


async def test_a_command_with_a_certificate_gets_through(
    monitor: str, certificates: Certificates
) -> None:
    line = only_line(await status(monitor, certificates.client()))
    assert "is another service" in line


async def test_another_authority_is_no_absence(
    monitor: str, certificates: Certificates, tmp_path: Path
) -> None:
    other = Certificates.create(tmp_path / "other")
    line = only_line(await status(monitor, other.client()))
    assert f"the certificate of {monitor} is not trusted" in line
    assert str(other.ca) in line


async def test_a_missing_and_an_expired_certificate_are_named(
    monitor: str, certificates: Certificates
) -> None:
    line = only_line(await status(monitor, TlsFiles(certificates.ca)))
    assert f"{monitor} asks for a certificate, and we have none" in line
    expired = certificates.client(age=2 * HOUR, days=HOUR)
    assert f"{expired.certificate} has expired" in only_line(await status(monitor, expired))
    assert f"{monitor} encrypts, and we do not" in only_line(await status(monitor, None))


async def test_nobody_there_is_told_as_before(certificates: Certificates) -> None:
    line = only_line(await status(f"127.0.0.1:{free_block(1)}", certificates.client()))
    assert "nothing answers at" in line


async def test_files_that_do_not_fit_are_named_before_anything_is_tried(
    certificates: Certificates,
) -> None:
    server, client = certificates.server(), certificates.client()
    mixed = TlsFiles(server.ca, server.certificate, client.key)
    line = only_line(await status("127.0.0.1:1", mixed))
    assert f"{client.key} is not the key of {server.certificate}" in line
