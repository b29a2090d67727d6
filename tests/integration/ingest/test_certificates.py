"""Cameras, ingest and the broker with certificates, which are replaced while frames go through."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

import framemesh.ingest.app
from framemesh.cli.certificates.folder import CertificateFolder
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.ingest.settings import Settings
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from framemesh.sdk import (
    AsyncCamera,
    Camera,
    CameraOptions,
    CertificatesRefused,
    IngestUnreachable,
    TlsFiles,
)
from framemesh.sdk.transport import channel as sdk_channel
from tests.certificates import HOUR, Certificates
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.services.running import stand_pipeline
from tests.waiting import eventually

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

IMAGES = [jpeg(seed) for seed in range(8)]
PAUSE_SECONDS = 0.005
ROTATIONS = 3


@dataclass(frozen=True)
class World:
    """A broker, an ingest and their certificates."""

    certificates: Certificates
    address: str
    nats: Broker
    nats_pid: int
    spec: PipelineSpec

    async def rotate(self) -> None:
        """New certificates for all, over the old ones; the broker is told."""
        for issue in (self.certificates.server, self.certificates.client):
            await asyncio.to_thread(issue)
        os.kill(self.nats_pid, signal.SIGHUP)


@asynccontextmanager
async def ingest(url: str, tls: TlsFiles) -> AsyncIterator[str]:
    address = f"127.0.0.1:{free_block(1)}"
    settings = Settings(
        nats=url, listen=address, tls_ca=tls.ca, tls_certificate=tls.certificate, tls_key=tls.key
    )
    stop = asyncio.Event()
    async with background_task(framemesh.ingest.app.run(settings, stop)):
        await eventually(partial(grpc_serving, address, ConnectOptions(tls=tls)))
        yield address


@pytest.fixture
async def world(nats: NatsServer, tmp_path: Path) -> AsyncIterator[World]:
    certificates = Certificates.create(tmp_path / "certs")
    tls = certificates.server()
    certificates.client()
    secured = replace(nats, tls=tls)
    async with (
        running_nats_server(secured, tmp_path / "nats.log") as child,
        broker(secured.url, "test", ConnectOptions(tls=tls)) as connected,
    ):
        spec = await stand_pipeline(connected)
        async with ingest(secured.url, tls) as address:
            yield World(certificates, address, connected, child.pid, spec)


def options(tls: TlsFiles | None, connect_timeout: float = 10.0) -> CameraOptions:
    return CameraOptions(tls=tls, connect_timeout=connect_timeout)


def files(folder: CertificateFolder, name: str = "client") -> TlsFiles:
    return TlsFiles(folder.authority_file, folder.certificate(name), folder.key(name))


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the channels that cameras open, in their order."""
    opened: list[str] = []
    for name in ("open", "open_aio"):
        original = getattr(sdk_channel.Channels, name)

        def noted(self: object, address: str, original: Callable[..., object] = original) -> object:
            opened.append(address)
            return original(self, address)

        monkeypatch.setattr(sdk_channel.Channels, name, noted)
    return opened


async def test_nothing_is_lost_while_all_certificates_are_replaced(
    world: World, streams: list[str]
) -> None:
    """Under load, a camera of each kind: each keeps its session, and goes to a new connection."""
    sent = {"threads": 0, "tasks": 0}
    done = threading.Event()

    def send_from_a_thread() -> str:
        with Camera(
            world.address,
            pipeline="street",
            name="threads",
            options=options(files(world.certificates.folder)),
        ) as camera:
            session = camera.session
            while not done.wait(PAUSE_SECONDS):
                sent["threads"] = camera.send(IMAGES[sent["threads"] % len(IMAGES)])
            assert camera.session == session
        assert camera.counts.accepted == sent["threads"]
        return session

    async def send_from_a_task() -> str:
        async with AsyncCamera(
            world.address,
            pipeline="street",
            name="tasks",
            options=options(files(world.certificates.folder)),
        ) as camera:
            session = camera.session
            while not done.is_set():
                sent["tasks"] = await camera.send(IMAGES[sent["tasks"] % len(IMAGES)])
                await asyncio.sleep(PAUSE_SECONDS)
            assert camera.session == session
        assert camera.counts.accepted == sent["tasks"]
        return session

    def has_gone_on(opened: int, least: int) -> bool:
        return len(streams) >= opened and min(sent.values()) > least

    thread = asyncio.create_task(asyncio.to_thread(send_from_a_thread))
    task = asyncio.create_task(send_from_a_task())
    try:
        await eventually(lambda: min(sent.values()) >= 10)
        for _ in range(ROTATIONS):
            opened, least = len(streams) + 2, min(sent.values()) + 10
            await world.rotate()
            await eventually(partial(has_gone_on, opened, least))
    finally:
        done.set()
        sessions = await asyncio.gather(thread, task)
    found = await stored(world.nats, world.spec)
    ids = {
        f"{camera}-{session}-{number}"
        for camera, session in zip(("threads", "tasks"), sessions, strict=True)
        for number in range(1, sent[camera] + 1)
    }
    assert len(found.frames) == len(ids)
    assert {session for session, _, _ in found.accepted} == set(sessions)
    assert found.recorded == sorted(
        number for count in sent.values() for number in range(1, count + 1)
    )
    assert len(streams) == 2 * (1 + ROTATIONS)
    assert world.nats.client.stats["reconnects"] == 0


@pytest.mark.parametrize("kind", ["plaintext", "none", "other", "distrusted", "expired", "early"])
async def test_a_camera_that_is_not_accepted_is_told_why(
    world: World, tmp_path: Path, kind: str
) -> None:
    mesh = world.certificates
    match kind:
        case "plaintext":
            tls, words = None, "encrypts, and we do not"
        case "none":
            tls, words = TlsFiles(mesh.ca), "asks for a certificate, and we have none"
        case "other":
            other = Certificates.create(tmp_path / "other").client()
            tls, words = replace(other, ca=mesh.ca), "refuses the certificate"
        case "distrusted":
            other = Certificates.create(tmp_path / "other").client()
            tls, words = replace(mesh.client(), ca=other.ca), "is not trusted"
        case "expired":
            tls, words = mesh.client(age=2 * HOUR, days=HOUR), "has expired"
        case _:
            tls, words = mesh.client(age=-2 * HOUR), "is valid from"

    def send() -> None:
        with Camera(
            world.address, pipeline="street", name="north", options=options(tls, 0.5)
        ) as camera:
            camera.send(IMAGES[0])

    with pytest.raises(CertificatesRefused, match=words):
        await asyncio.to_thread(send)
    with pytest.raises(CertificatesRefused, match=words):
        async with AsyncCamera(
            world.address, pipeline="street", name="north", options=options(tls, 0.5)
        ) as camera:
            await camera.send(IMAGES[0])
    assert not (await stored(world.nats, world.spec)).frames


async def test_nobody_there_is_told_as_before(world: World) -> None:
    with pytest.raises(IngestUnreachable, match="is it running") as caught:
        async with AsyncCamera(
            f"127.0.0.1:{free_block(1)}",
            pipeline="street",
            name="north",
            options=options(files(world.certificates.folder), 0.3),
        ) as camera:
            await camera.send(IMAGES[0])
    assert not isinstance(caught.value, CertificatesRefused)
