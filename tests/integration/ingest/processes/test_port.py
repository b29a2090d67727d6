"""Processes of one ingest share its port, and with nobody else."""

import asyncio
import socket
from pathlib import Path

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.integration.ingest.conftest import jpeg
from tests.integration.ingest.processes.several import Several, several
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
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
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
    return {name: float(value) for name, _, value in values}
