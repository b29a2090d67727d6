"""Processes of one ingest share its port, and with nobody else."""

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.tokens.revocation_store import RevocationStore
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.integration.identity.world import issuer
from tests.integration.ingest.conftest import jpeg
from tests.integration.ingest.processes.several import Several, Streams, several
from tests.integration.services.running import status_of
from tests.waiting import eventually


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_another_ingest_on_the_port_is_refused_in_one_line(
    nats_url: str, two: Several, tmp_path: Path, processes: str
) -> None:
    async with several(nats_url, tmp_path, two.address, processes=processes) as other:
        assert await other.end() == 1
        assert other.errors() == [f"cannot listen on {two.address}: is it taken?"]


async def test_a_port_that_is_taken_is_one_clear_line(nats_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        async with several(nats_url, tmp_path, address) as ingest:
            assert await ingest.end() == 1
            assert ingest.errors() == [f"cannot listen on {address}: is it taken?"]


async def test_cameras_are_spread_and_one_page_has_all_metrics(
    nats_url: str, pipeline: PipelineSpec, tmp_path: Path
) -> None:
    metrics = f"127.0.0.1:{free_block(1)}"
    async with several(nats_url, tmp_path, metrics=metrics) as ingest:
        await ingest.serves()
        options = CameraOptions(connect_timeout=20)
        cameras = [
            AsyncCamera(ingest.address, pipeline="street", name=f"c{number}", options=options)
            for number in range(12)
        ]
        for camera in cameras:
            await camera.send(jpeg(1))
        await eventually(lambda: not any(each.counts.pending for each in cameras))
        page = await read_page(metrics)
        name = 'framemesh_ingest_frames_total{pipeline="street",process="%d",result="accepted"}'
        counted = [page[name % number] for number in (1, 2)]
        assert sum(counted) == 12
        assert min(counted) > 0
        assert page['process_resident_memory_bytes{process="supervisor"}'] > 0
        logged = [line for line in ingest.said() if line["event"] == "camera connected"]
        assert [sum(line["process"] == n for line in logged) for n in (1, 2)] == counted
        for camera in cameras:
            await camera.close()


async def test_each_process_asks_for_tokens_and_the_page_too(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec, tmp_path: Path
) -> None:
    tokens = issuer(tmp_path / "keys")
    metrics = f"127.0.0.1:{free_block(1)}"
    keys = {"FRAMEMESH_TOKEN_KEYS": str(tokens.key.parent)}
    # As the master makes it.
    await RevocationStore(nats_broker, SystemClock()).create()
    async with several(nats_url, tmp_path, environment=keys, metrics=metrics) as ingest:
        await ingest.serves()
        async with AsyncExitStack() as stack:
            streams = Streams(ingest, stack)
            while not all(ingest.cameras().values()):
                stream = await streams.one()
                assert (await status_of(stream.open()))[0] is not grpc.StatusCode.OK
                assert await stream.call.code() is grpc.StatusCode.UNAUTHENTICATED
        for number in range(8):
            options = CameraOptions(connect_timeout=20, token=tokens.camera(f"c{number}"))
            async with AsyncCamera(
                ingest.address, pipeline="street", name=f"c{number}", options=options
            ) as camera:
                await camera.send(jpeg(1))
        assert await read_page(metrics) == {}


async def read_page(address: str) -> dict[str, float]:
    """The values of a page of metrics, by name and labels."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    async with asyncio.timeout(10.0):
        text = (await reader.read()).decode()
    writer.close()
    lines = text.partition("\r\n\r\n")[2].splitlines()
    values = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in values if name.endswith("}")}
