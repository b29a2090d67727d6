"""One soak: a mesh of its own, cameras at a rate, and a sample every few seconds."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import grpc.aio
from pydantic import ByteSize

from bench.frames import ROOT
from bench.scaling.simulated_model import simulated_model
from bench.soak.sampler import Books, process_samples
from bench.soak.samples import Recorder
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.local.detached import Supervisor
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.core.pipeline.spec import BufferSpec, LedgerSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import Mesh

PIPELINE = "soak"
STORE_BYTES = 4 * 1024**3

BUFFER_BYTES = 64 * 1024**2
"""Some ten seconds of a usual load."""

LEDGER_AGE = timedelta(minutes=5)
"""The least there is: how much the broker keeps is the same from then on."""

DRAIN_SECONDS = 120.0
"""For the cameras to close after their last frame, and for the last outcome."""

LAST_OUTCOME_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """What a soak does."""

    seconds: float
    rate: float
    """Frames a second of all cameras."""
    cameras: int
    every: float
    """Seconds between two samples."""
    model: Path | None
    """A model folder; None: a simulated accelerator."""


@dataclass(frozen=True, slots=True)
class Sent:
    accepted: int
    rejected: int


@asynccontextmanager
async def _supervised(data: Path, ports: Ports) -> AsyncIterator[RunState]:
    """A mesh in processes of its own: what this one needs is not counted as the mesh's."""
    supervisor = await asyncio.to_thread(Supervisor.start, data, ports, STORE_BYTES)
    try:
        yield await supervisor.until_ready(lambda _: None)
    finally:
        await supervisor.stop()


async def soak(load: Load, folder: Path, to: Recorder) -> Sent:
    """Returns what the cameras were told."""
    ports = Ports.free()
    async with _supervised(folder / "mesh", ports) as run:
        mesh = Mesh(run)
        model = load.model
        if model is None:
            model = simulated_model(folder / "model", "soak", milliseconds=500 / load.rate)
        await mesh.add_model(model)
        name = read_model_folder(model).manifest.name
        await mesh.apply(
            PipelineSpec(
                PIPELINE,
                (StageSpec("only", name),),
                BufferSpec(max_bytes=ByteSize(BUFFER_BYTES)),
                ledger=LedgerSpec(max_age=LEDGER_AGE),
            )
        )
        async with grpc.aio.insecure_channel(run.monitor) as channel:
            books = Books(channel, PIPELINE, ports.nats_http)
            return await _under_load(load, run, books, to)


async def _under_load(load: Load, run: RunState, books: Books, to: Recorder) -> Sent:
    cameras = await _cameras(load, run.ingest)
    began, number = time.monotonic(), 0
    said = asyncio.create_task(cameras.communicate())
    try:
        async with asyncio.timeout(load.seconds + DRAIN_SECONDS):
            while not said.done():
                at = time.monotonic() - began
                to.add(process_samples([run.pid, cameras.pid], at), await books.sample(at))
                number += 1
                early = began + number * load.every - time.monotonic()
                await asyncio.wait([said], timeout=max(0.0, early))
        told = json.loads((await said)[0])
    finally:
        if cameras.returncode is None:
            cameras.kill()
            await cameras.wait()
    sent = Sent(told["accepted"], told["rejected"])
    await _until_done(sent, began, run, books, to)
    return sent


async def _cameras(load: Load, ingest: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.latency.cameras",
        ingest,
        PIPELINE,
        f"--rate={load.rate}",
        f"--seconds={load.seconds}",
        f"--cameras={load.cameras}",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


async def _until_done(sent: Sent, began: float, run: RunState, books: Books, to: Recorder) -> None:
    """The last sample is when every frame has its outcome, or when too long was waited for that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while (await books.sample(0.0)).done < sent.accepted:
                await asyncio.sleep(LAST_OUTCOME_POLL_SECONDS)
    at = time.monotonic() - began
    to.add(process_samples([run.pid], at), await books.sample(at))
