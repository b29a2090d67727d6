"""Memory over thousands of names: `python -m bench.producers.names`.

Cameras with ever new names connect, send a frame, and leave; what ingest and monitor hold then is
printed after each thousand.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from bench.producers.cameras import OPTIONS, image
from bench.producers.door import PIPELINE, SERVING_SECONDS, Door, open_door
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from framemesh.sdk import AsyncCamera

AT_ONCE = 25
STEP = 1000
MIB = 1024 * 1024


@asynccontextmanager
async def monitor(door: Door) -> AsyncIterator[psutil.Process]:
    address = f"127.0.0.1:{free_block(1)}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.monitor",
        env={
            **os.environ,
            "FRAMEMESH_NATS": door.nats,
            "FRAMEMESH_MONITOR_LISTEN": address,
            "FRAMEMESH_MONITOR_HTTP": f"127.0.0.1:{free_block(1)}",
            "FRAMEMESH_MONITOR_METRICS": "",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SERVING_SECONDS):
            while not await grpc_serving(address):
                await asyncio.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def visit(door: Door, numbers: range, picture: bytes) -> None:
    """Each once, AT_ONCE of them at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with (
            room,
            AsyncCamera(
                door.address, pipeline=PIPELINE, name=f"name-{number}", options=OPTIONS
            ) as camera,
        ):
            await camera.send(picture)

    async with asyncio.TaskGroup() as tasks:
        for number in numbers:
            tasks.create_task(one(number))


async def run(names: int) -> None:
    picture = image()
    with tempfile.TemporaryDirectory() as folder:
        async with open_door(Path(folder)) as door, monitor(door) as watching:
            print(f"{'names':>8} {'ingest':>8} {'monitor':>8} MiB")
            for first in range(0, names + 1, STEP):
                sizes = door.resident_bytes() | {"monitor": watching.memory_info().rss}
                ingest, seen = sizes["ingest"] / MIB, sizes["monitor"] / MIB
                print(f"{first:8} {ingest:8.1f} {seen:8.1f}", flush=True)
                if first < names:
                    await visit(door, range(first, first + STEP), picture)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=10_000)
    asyncio.run(run(parser.parse_args().names))


if __name__ == "__main__":
    main()
