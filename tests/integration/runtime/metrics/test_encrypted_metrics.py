"""Metrics are HTTPS where other machines reach them, for who shows a certificate."""

import asyncio
import http.client
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from framemesh.core.metrics.metric import Service
from framemesh.core.metrics.table import metrics_of
from framemesh.runtime.connect_options import ConnectOptions, PlaintextRefused
from framemesh.runtime.metrics.endpoint import metrics_endpoint
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.processes.ports import free_block
from framemesh.tls.contexts import client_context
from framemesh.tls.files import TlsFiles
from tests.certificates import Certificates
from tests.waiting import eventually

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

SECONDS = 5.0


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path / "certs")


def fetched(port: int, context: ssl.SSLContext) -> int:
    """The status of the page; 0: there is no connection."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=SECONDS, context=context)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@asynccontextmanager
async def serving(tls: TlsFiles) -> AsyncIterator[int]:
    port = free_block(1)
    meter = MemoryMeter(metrics_of(Service("ingest")))
    async with metrics_endpoint(f"0.0.0.0:{port}", meter, ConnectOptions(tls=tls)):
        yield port


async def status(port: int, tls: TlsFiles) -> int:
    return await asyncio.to_thread(fetched, port, client_context(tls))


async def test_who_shows_a_certificate_reads_them(
    certificates: Certificates, tmp_path: Path
) -> None:
    client = certificates.client()
    async with serving(certificates.server()) as port:
        assert await eventually(partial(status, port, client)) == http.client.OK
        assert await status(port, TlsFiles(certificates.ca)) == 0
        # One that connects and says nothing holds up nobody.
        with await asyncio.to_thread(socket.create_connection, ("127.0.0.1", port)):
            assert await status(port, client) == http.client.OK


async def test_a_new_authority_is_taken_over(certificates: Certificates, tmp_path: Path) -> None:
    new = Certificates.create(tmp_path / "new")
    files = certificates.server()
    async with serving(files) as port:
        await eventually(partial(status, port, certificates.client()))
        made = new.server()
        for source, target in zip(made.paths, files.paths, strict=True):
            await asyncio.to_thread(target.write_bytes, await asyncio.to_thread(source.read_bytes))
        assert await eventually(partial(status, port, new.client())) == http.client.OK


async def test_they_are_not_served_to_others_in_plaintext() -> None:
    meter = MemoryMeter(metrics_of(Service("ingest")))
    with pytest.raises(PlaintextRefused):
        async with metrics_endpoint("0.0.0.0:1", meter):
            pass
