"""Broken files, one after the other, given to a running mesh whose cameras push meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
import psutil

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.local.run_state import RunState
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.sdk import AsyncCamera
from tests.broken_files.attempt import SECONDS, Attempt, attempt
from tests.broken_files.broken_file import BrokenFile
from tests.waiting import eventually

FRAMES_PER_SECOND = 5
DONE_SECONDS = 60


@dataclass(slots=True)
class Findings:
    """What came of a campaign."""

    attempts: list[Attempt] = field(default_factory=list)
    offered: int = 0
    done: int = 0
    """Of the frames that were offered meanwhile."""
    slowest_answer: float = 0.0
    """Seconds of the master, asked for its models after every file."""
    master_growth: int = 0
    """Bytes of resident memory, from the first file to the last."""

    def problems(self, seconds: float = SECONDS) -> list[str]:
        """What is not as promised; empty where all is."""
        found = [
            f"{each.kind}: {problem}"
            for each in self.attempts
            for problem in each.problems(seconds)
        ]
        if self.done != self.offered:
            found.append(f"{self.offered} frames were offered, and {self.done} are done")
        return found


async def campaign(
    run: RunState, pipeline: str, files: Sequence[BrokenFile], image: bytes, folder: Path
) -> Findings:
    """Give all `files` to `model submit`, while a camera pushes `image` to a pipeline that runs."""
    findings = Findings()
    master = next(p for p in run.programs if p.name == "master")
    memory = psutil.Process(master.pid).memory_info
    before = memory().rss
    async with _cameras(run, pipeline, image, findings):
        for number, file in enumerate(files):
            path = file.write(folder / str(number), f"broken-{number}")
            findings.attempts.append(await attempt(file.kind, path, run.master))
            asked = time.monotonic()
            await _models(run.master)
            findings.slowest_answer = max(findings.slowest_answer, time.monotonic() - asked)
    findings.master_growth = memory().rss - before
    findings.done = await _done(run.monitor, pipeline, findings.offered)
    return findings


@asynccontextmanager
async def _cameras(
    run: RunState, pipeline: str, image: bytes, findings: Findings
) -> AsyncIterator[None]:
    async with AsyncCamera(run.ingest, pipeline=pipeline, name="healthy") as camera:

        async def push() -> None:
            while True:
                await camera.send(image)
                await asyncio.sleep(1 / FRAMES_PER_SECOND)

        async with background_task(push()):
            yield
    findings.offered = camera.counts.offered


async def _models(master: str) -> None:
    async with grpc.aio.insecure_channel(master) as channel:
        stub = model_pb2_grpc.ModelServiceStub(channel)
        await stub.ListModels(model_pb2.ListModelsRequest(), timeout=10)


async def _done(monitor: str, pipeline: str, offered: int) -> int:
    async with grpc.aio.insecure_channel(monitor) as channel:
        stub = monitor_pb2_grpc.MonitorServiceStub(channel)

        async def settled() -> monitor_pb2.CameraLedger:
            request = monitor_pb2.GetStatusRequest(pipeline=pipeline)
            (camera,) = (await stub.GetStatus(request)).pipelines[0].cameras
            return camera

        ledger = await eventually(
            settled,
            DONE_SECONDS,
            until=lambda camera: camera.offered == offered and not camera.pending,
        )
        return int(ledger.done)
