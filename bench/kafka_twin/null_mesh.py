"""A mesh without a model over one broker: cameras, ingest, worker and ledger, each a process."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.frames import ROOT
from bench.kafka_twin.kinds import Kind
from bench.kafka_twin.roles import GENERATION, PIPELINE, SPEC, TOPICS
from bench.kafka_twin.sides import Side
from bench.kafka_twin.topics import TopicAdmin
from bench.producers.cameras import Load
from bench.producers.faces import Face, send
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.processes.nats_server import GIB, NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving

ANSWER_SECONDS = 120.0
SERVING_SECONDS = 60.0
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MeshTurn:
    """One load on a mesh."""

    frames_per_second: float
    """From when all cameras were connected until the ledger had the last outcome."""
    cpu_us: Mapping[str, float]
    """Of each process, a frame."""
    resident_mib: Mapping[str, float]
    p50_ms: float
    """Age of the last outcomes."""
    p99_ms: float
    accepted: int
    done: int
    twice: int
    """Outcomes of frames that had one."""


class NullMesh:
    """A mesh that runs."""

    def __init__(
        self, side: Side, address: str, processes: Mapping[str, asyncio.subprocess.Process]
    ) -> None:
        self.side = side
        self._address = address
        self._processes = processes
        self._done = 0

    async def turn(self, cameras: int, fps: float, seconds: float, folder: Path) -> MeshTurn:
        """`fps`: of each camera; 0: as fast as their frames are acknowledged."""
        load = Load(self._address, PIPELINE, cameras, fps, seconds)
        at: list[tuple[float, Mapping[str, float]]] = []
        loop = asyncio.get_running_loop()
        sent = await send(
            Face.TASKS, load, folder, lambda: at.append((loop.time(), self._cpu_seconds()))
        )
        # Each camera sent one frame before all were connected.
        self._done += sent.accepted + cameras
        told = await self._told(self._done)
        ended, after = loop.time(), self._cpu_seconds()
        began, before = at[0]
        micros = {role: 1e6 * (after[role] - before[role]) / sent.accepted for role in after}
        resident = {
            role: process.memory_info().rss / MIB for role, process in self._watched().items()
        }
        return MeshTurn(
            sent.accepted / (ended - began),
            {"cameras": 1e6 * sent.cpu_seconds / sent.accepted, **micros},
            resident,
            told["p50_ms"],
            told["p99_ms"],
            told["accepted"],
            told["done"],
            told["twice"],
        )

    async def _told(self, done: int) -> Mapping[str, Any]:
        """What the ledger is once it has so many outcomes."""
        reader = self._processes["ledger"]
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(f"{done}\n".encode())
        async with asyncio.timeout(ANSWER_SECONDS):
            found: Mapping[str, Any] = json.loads(await reader.stdout.readline())
        return found

    def _watched(self) -> dict[str, psutil.Process]:
        found = {role: psutil.Process(each.pid) for role, each in self._processes.items()}
        return {**found, "broker": self.side.process}

    def _cpu_seconds(self) -> dict[str, float]:
        times = {role: process.cpu_times() for role, process in self._watched().items()}
        return {role: each.user + each.system for role, each in times.items()}


@asynccontextmanager
async def null_mesh(side: Side, folder: Path) -> AsyncIterator[NullMesh]:
    """On a broker that runs; where that is Kafka, a nats-server knows the pipeline, and has no
    frames."""
    async with AsyncExitStack() as stack:
        nats = side.address
        if side.kind is Kind.KAFKA:
            server = NatsServer(store=folder / "control", port=free_block(1), store_max_bytes=GIB)
            log = folder / "control.log"
            await stack.enter_async_context(running_nats_server(server, log))
            nats = server.url
            for topic in TOPICS:
                await TopicAdmin(side.address).create(topic)
        await _provision(nats)
        address = f"127.0.0.1:{free_block(1)}"
        processes = {
            role: await stack.enter_async_context(_role(role, side, nats, address))
            for role in ("ingest", "worker", "ledger")
        }
        async with asyncio.timeout(SERVING_SECONDS):
            while not await grpc_serving(address):
                await asyncio.sleep(0.05)
        yield NullMesh(side, address, processes)


async def _provision(nats: str) -> None:
    """As the master does it."""
    async with broker(nats, "bench") as connected:
        store = PipelineStore(connected)
        await store.create()
        await BufferProvisioner(connected).provision(SPEC, GENERATION)
        await store.put(SPEC)


@asynccontextmanager
async def _role(
    role: str, side: Side, nats: str, address: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.kafka_twin.roles", role, side.kind, side.address, nats),
        cwd=ROOT,
        env={
            **os.environ,
            "FRAMEMESH_NATS": nats,
            "FRAMEMESH_INGEST_LISTEN": address,
            "FRAMEMESH_INGEST_METRICS": "",
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
