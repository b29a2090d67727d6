"""The disk of the mesh is full for a while: it says so, loses nothing, and goes on by itself."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats.errors
import pytest

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import ProgramStatus, RunState
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.processes.supervision import State
from tests.waiting import eventually

MIB = 1024 * 1024
DISK_MIB = 64


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={DISK_MIB}m"
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["/bin/umount", "--lazy", folder], check=True)


@pytest.fixture
async def run(disk: Path) -> AsyncIterator[RunState]:
    async with running_mesh(disk, Ports.free(), store_max_bytes=1024 * MIB) as found:
        yield found


async def stream(nats_broker: Broker) -> None:
    config = {"name": "T", "subjects": ["t"], "storage": "file", "max_bytes": 16 * MIB}
    assert "error" not in await nats_broker.request("$JS.API.STREAM.CREATE.T", config)


async def stores(nats_broker: Broker) -> bool:
    with contextlib.suppress(nats.errors.Error, TimeoutError):
        answer = await nats_broker.client.request("t", bytes(MIB // 2), 0.5)
        return b'"error"' not in answer.data
    return False


def nats_status(disk: Path) -> ProgramStatus:
    found = RunState.load(disk)
    assert found is not None
    return next(program for program in found.programs if program.name == "nats")


def fill(disk: Path) -> Path:
    hog = disk / "hog"
    with hog.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return hog


def is_stuck(nats: ProgramStatus) -> bool:
    return nats.state is State.STUCK


def is_ready(nats: ProgramStatus) -> bool:
    return nats.state is State.READY


async def test_it_says_so_waits_and_goes_on_when_there_is_room(run: RunState, disk: Path) -> None:
    async with broker(run.nats, "test") as nats_broker:
        await stream(nats_broker)
        assert await stores(nats_broker)
        hog = await asyncio.to_thread(fill, disk)
        async with asyncio.timeout(20):
            while await stores(nats_broker):
                pass
            # What tells of it is on that disk as well.
            found = await eventually(lambda: nats_status(disk), until=is_stuck)
        assert found.restarts == 0
        assert "is full (0.0 MB free): nothing is lost, frames wait" in found.trouble
        hog.unlink()
        async with asyncio.timeout(20):
            await eventually(lambda: stores(nats_broker))
            found = await eventually(lambda: nats_status(disk), until=is_ready)
    assert found.restarts == 1
    assert "write error" in found.trouble
