"""`framemesh up --tls`: everything is encrypted, commands are told, and certificates change."""

import asyncio
import shlex
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import partial
from operator import eq
from pathlib import Path

import pytest

from framemesh.cli.certificates.authority import issue
from framemesh.cli.local.certificates import CLIENT, SERVICES, environment, mesh_certificates
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.tls.contexts import client_context
from framemesh.tls.files import TlsFiles
from tests.command_line import framemesh
from tests.waiting import eventually

# Certificates are forced to disk, in the loop of the test.
pytestmark = [pytest.mark.timeout(240), pytest.mark.loop_limit(2.0)]


def pids(data: Path) -> Mapping[str, int]:
    run = RunState.load(data)
    assert run is not None
    return {program.name: program.pid for program in run.programs}


async def shown(address: str, variables: Mapping[str, str], *, nats: bool) -> bytes:
    """The certificate of a server, as DER."""
    tls = TlsFiles(*(variables[f"FRAMEMESH_TLS_{name}"] for name in ("CA", "CERT", "KEY")))
    context = client_context(tls)
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=None if nats else context)
    try:
        if nats:
            await reader.readline()
            await writer.start_tls(context, server_hostname=host)
        found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return found
    finally:
        writer.close()


@pytest.fixture
async def variables(data: Path, ports: Ports) -> AsyncIterator[Mapping[str, str]]:
    """Of a mesh in the background: what `up` says that the other commands need."""
    up = await framemesh(
        *("up", "--tls", "--data", data, "--port-base", str(ports.base), "--store-max", "256MiB")
    )
    try:
        assert up.status == 0, up.error
        (line,) = [each for each in up.output.splitlines() if "FRAMEMESH_TLS_CA" in each]
        yield dict(word.split("=", 1) for word in shlex.split(line) if "=" in word)
    finally:
        await framemesh("down", "--data", data)


async def test_a_mesh_is_encrypted_and_takes_new_certificates_over(
    data: Path, ports: Ports, variables: Mapping[str, str]
) -> None:
    folder = mesh_certificates(data)
    assert variables == environment(folder, CLIENT)
    where = {"FRAMEMESH_MASTER": ports.master, "FRAMEMESH_MONITOR": ports.monitor}
    for command in (("pipeline", "list"), ("status",), ("doctor", "--data", data)):
        ended = await framemesh(*command, **where, **variables)
        assert ended.status == 0, ended.output + ended.error
    assert "the certificate of" in ended.output

    without = await framemesh("pipeline", "list", **where)
    assert f"{ports.master} encrypts, and we do not" in without.error
    without = await framemesh("status", **where)
    assert f"{ports.monitor} encrypts, and we do not" in without.error

    before = pids(data)
    folder.save(SERVICES, issue(folder.authority(), SERVICES, datetime.now(UTC)), replace=True)
    new = ssl.PEM_cert_to_DER_cert(folder.certificate(SERVICES).read_text())
    for address, nats in ((ports.nats, True), (ports.master, False), (ports.ingest, False)):
        ask = partial(shown, address, variables, nats=nats)
        await eventually(ask, until=partial(eq, new))
    assert pids(data) == before


def test_certificates_of_a_data_folder_are_made_once(data: Path) -> None:
    folder = mesh_certificates(data)
    before = [path.read_bytes() for path in sorted(folder.path.iterdir())]
    again = mesh_certificates(data)
    assert [path.read_bytes() for path in sorted(again.path.iterdir())] == before
    folder.certificate(CLIENT).write_text("damaged")
    mesh_certificates(data)
    assert folder.certificate(CLIENT).read_bytes().startswith(b"-----BEGIN")
    assert folder.key(CLIENT).stat().st_mode & 0o077 == 0


async def test_the_variables_of_a_command_start_no_mesh(data: Path, ports: Ports) -> None:
    """Whoever has exported them for the other commands is told at once."""
    variables = environment(mesh_certificates(data), CLIENT)
    up = await framemesh("up", "--data", data, "--port-base", str(ports.base), **variables)
    assert up.status == 1
    assert "is one of clients, and services need one of a server" in up.error
    del variables["FRAMEMESH_TLS_CERT"], variables["FRAMEMESH_TLS_KEY"]
    up = await framemesh("up", "--data", data, "--port-base", str(ports.base), **variables)
    assert "FRAMEMESH_TLS_CERT: is missing: a service that encrypts shows who it is" in up.error
