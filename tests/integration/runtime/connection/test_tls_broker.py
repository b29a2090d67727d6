"""NATS over TLS: nothing is sent in plaintext, each refusal is told, and certificates change."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from framemesh.cli.certificates.folder import CertificateFolder
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.jetstream.api.subjects import ACCOUNT_INFO
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.nats_server import (
    NatsServer,
    jetstream_answers,
    jetstream_health,
    running_nats_server,
)
from framemesh.tls.files import TlsFiles
from tests.certificates import HOUR, Certificates
from tests.waiting import eventually

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

Lines = list[MutableMapping[str, Any]]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path / "certs")


@pytest.fixture
def server(nats: NatsServer, certificates: Certificates) -> NatsServer:
    return replace(nats, tls=certificates.server("nats"))


@asynccontextmanager
async def running(server: NatsServer, folder: Path) -> AsyncIterator[Child]:
    async with running_nats_server(server, folder / "nats.log") as child:
        yield child


def take_over(made: TlsFiles, folder: CertificateFolder, name: str) -> None:
    """Write a new certificate and its key where the old ones are."""
    assert made.certificate is not None
    assert made.key is not None
    folder.certificate(name).write_bytes(Path(made.certificate).read_bytes())
    folder.key(name).write_bytes(Path(made.key).read_bytes())


async def told(url: str, tls: TlsFiles | None, words: str) -> None:
    """Wait until the log of a client that is not let in has these words in one line."""
    refused = Broker(url, ConnectOptions(tls=tls))
    with structlog.testing.capture_logs() as lines:
        connecting = asyncio.create_task(refused.connect("test"))
        try:
            await eventually(lambda: words in _errors(lines), until=bool)
            assert not refused.connected.is_set()
        finally:
            connecting.cancel()
            await asyncio.wait([connecting])
            await refused.close()


def _errors(lines: Lines) -> str:
    return "\n".join(str(line.get("error", "")) for line in lines)


async def test_a_client_and_a_broker_show_certificates(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    async with running(server, tmp_path):
        assert server.url.startswith("tls://")
        assert await jetstream_answers(server.address, certificates.client())
        for url in (server.url, f"nats://{server.address}"):
            async with broker(url, "test", ConnectOptions(tls=certificates.client())) as found:
                assert "memory" in await found.request(ACCOUNT_INFO, {})


async def test_a_message_of_the_largest_size_passes(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    async with (
        running(server, tmp_path),
        broker(server.url, "test", ConnectOptions(tls=certificates.client())) as found,
    ):
        heard = await found.client.subscribe("large")
        content = bytes(range(256)) * (found.max_frame_bytes // 256)
        await found.client.publish("large", content)
        message = await heard.next_msg(10)
        assert message.data == content


async def test_a_client_of_another_authority_is_told(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    other = Certificates.create(tmp_path / "other")
    async with running(server, tmp_path):
        stranger = replace(other.client(), ca=certificates.ca)
        await told(server.url, stranger, f"refuses the certificate {stranger.certificate}")
        distrustful = replace(certificates.client(), ca=other.ca)
        await told(server.url, distrustful, f"the certificate of {server.address} is not trusted")


async def test_a_client_whose_certificate_expired_is_told(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    async with running(server, tmp_path):
        expired = certificates.client(age=2 * HOUR, days=HOUR)
        await told(server.url, expired, f"the certificate {expired.certificate} has expired")


async def test_a_client_is_let_in_once_its_certificate_is_another_one(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    other = Certificates.create(tmp_path / "other")
    files = replace(other.client(), ca=certificates.ca)
    async with running(server, tmp_path):
        waiting = Broker(server.url, ConnectOptions(tls=files))
        with structlog.testing.capture_logs() as lines:
            connecting = asyncio.create_task(waiting.connect("test"))
            try:
                await eventually(lambda: "refuses the certificate" in _errors(lines))
                take_over(certificates.client(), other.folder, "client")
                await eventually(waiting.connected.is_set)
            finally:
                connecting.cancel()
                await asyncio.wait([connecting])
                await waiting.close()


async def test_a_server_is_asked_again_after_a_handshake_that_hung(
    nats: NatsServer, certificates: Certificates
) -> None:
    """Its check ends in time, whatever the server does."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INFO {}\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, nats.host, nats.port):
        async with asyncio.timeout(5):
            health = await jetstream_health(nats.address, 0.2, certificates.client())
    assert health is Health.NOT_SERVING


async def test_nothing_is_sent_to_a_broker_that_does_not_encrypt(
    nats: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    async with running(nats, tmp_path):
        words = f"{nats.address} does not encrypt, and we do"
        await told(nats.url, certificates.client(), words)
        # Who wrote tls:// meant it, also where no files are named.
        await told(f"tls://{nats.address}", None, words)


async def test_another_name_than_that_of_the_host_may_be_expected(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    async with running(server, tmp_path):
        named = replace(certificates.client(), name="framemesh")
        async with broker(server.url, "test", ConnectOptions(tls=named)) as found:
            assert found.connected.is_set()
        elsewhere = replace(named, name="elsewhere")
        await told(server.url, elsewhere, "is not for elsewhere")


async def test_new_certificates_are_used_from_the_next_connection_on(
    server: NatsServer, certificates: Certificates, tmp_path: Path
) -> None:
    """A new authority on both sides; the connection of before goes on until it breaks."""
    bundle = tmp_path / "bundle.crt"
    bundle.write_bytes(certificates.ca.read_bytes())
    server = replace(server, tls=replace(certificates.server("nats"), ca=bundle))
    client = replace(certificates.client(), ca=bundle)
    new = Certificates.create(tmp_path / "new")
    async with (
        running(server, tmp_path) as child,
        broker(server.url, "test", ConnectOptions(tls=client)) as found,
    ):
        bundle.write_bytes(new.ca.read_bytes())
        take_over(new.server("nats"), certificates.folder, "nats")
        take_over(new.client(), certificates.folder, "client")
        os.kill(child.pid, signal.SIGHUP)

        async def shows_the_new_one() -> bool:
            return await jetstream_answers(server.address, new.client())

        await eventually(shows_the_new_one)
        assert found.connected.is_set()
        assert "memory" in await found.request(ACCOUNT_INFO, {})
        assert found.client.stats["reconnects"] == 0
        found.client.abort()
        await eventually(lambda: found.client.stats["reconnects"] == 1)
        await found.connected.wait()
        assert "memory" in await found.request(ACCOUNT_INFO, {})
