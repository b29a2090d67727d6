"""An ingest and its broker, each a process of its own, with a pipeline whose buffer never fills."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import ByteSize

from bench.cpu import role
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages.subjects import frames_stream
from framemesh.runtime.processes.nats_server import GIB, NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving

PIPELINE = "street"
SERVING_SECONDS = 30.0
PURGE_SECONDS = 0.5
"""Between two removals of all frames: no worker takes part in what is measured."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where cameras connect."""

    address: str
    nats: str
    processes: tuple[psutil.Process, ...]
    """Ingest and the broker."""

    def cpu_seconds(self) -> dict[str, float]:
        """By role, since each started, with what each started."""
        return {role(process): spent(process) for process in self.processes}

    def resident_bytes(self) -> dict[str, int]:
        return {
            role(process): sum(each.memory_info().rss for each in tree(process))
            for process in self.processes
        }


def tree(process: psutil.Process) -> list[psutil.Process]:
    """A process, and those that it started."""
    return [process, *process.children(recursive=True)]


def spent(process: psutil.Process) -> float:
    """CPU seconds of a process, and of those that it started."""
    times = [each.cpu_times() for each in tree(process)]
    return sum(each.user + each.system for each in times)


@asynccontextmanager
async def open_door(folder: Path, **settings: str) -> AsyncIterator[Door]:
    """`settings` of ingest, without FRAMEMESH_INGEST_."""
    server = NatsServer(store=folder, port=free_block(1), store_max_bytes=8 * GIB)
    async with (
        running_nats_server(server, folder / "nats.log") as nats,
        broker(server.url, "bench") as connected,
    ):
        await _provision(connected)
        address = f"127.0.0.1:{free_block(1)}"
        async with (
            ingest_process(server.url, address, settings) as ingest,
            background_task(_drain(connected)),
        ):
            yield Door(address, server.url, (psutil.Process(ingest), psutil.Process(nats.pid)))


async def _provision(connected: Broker) -> None:
    """As the master does it."""
    spec = PipelineSpec(
        PIPELINE,
        (StageSpec("people", "person", 1),),
        BufferSpec(shards=4, max_bytes=ByteSize(4 * GIB)),
    )
    store = PipelineStore(connected)
    await store.create()
    await BufferProvisioner(connected).provision(spec, Generation.of(1, spec))
    await store.put(spec)


async def _drain(connected: Broker) -> None:
    streams = JetStream(connected).streams
    while True:
        await streams.purge(frames_stream(PIPELINE, 1, 0))
        await asyncio.sleep(PURGE_SECONDS)


@asynccontextmanager
async def ingest_process(
    nats: str, address: str, settings: Mapping[str, str]
) -> AsyncIterator[int]:
    """The pid of an ingest that serves."""
    chosen = {f"FRAMEMESH_INGEST_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.ingest",
        env={
            **os.environ,
            "FRAMEMESH_NATS": nats,
            "FRAMEMESH_INGEST_LISTEN": address,
            "FRAMEMESH_INGEST_METRICS": "",
            **chosen,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SERVING_SECONDS):
            while not await grpc_serving(address):
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
