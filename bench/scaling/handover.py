"""Workers are added under `order: per_camera`: who draws which shards, and how long frames wait.

`python -m bench.scaling.handover`: nine cameras, nine shards; three workers become nine, and three
again.
"""

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import grpc.aio
from pydantic import ByteSize

from bench.scaling.run import picture
from bench.scaling.simulated_model import simulated_model
from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.sharding import camera_shard
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera
from tests.e2e.mesh import Mesh

MODEL = "simulated"
MODEL_MILLISECONDS = 10
FRAMES_PER_SECOND = 10
"""Of each camera."""

SETTLE_SECONDS = 5.0
"""After the last worker is ready, until the shards must have been shared out."""


@dataclass(frozen=True, slots=True)
class Handover:
    frames: int
    outcomes: Sequence[outcome_pb2.Outcome]
    shares: Sequence[Sequence[int]]
    """Shards of each worker, the most first, after every change."""

    @property
    def in_order(self) -> bool:
        """Whether every frame has one outcome, in the order of its camera."""
        found: dict[str, list[int]] = defaultdict(list)
        for outcome in self.outcomes:
            found[outcome.frame.camera].append(outcome.frame.sequence)
        return len(self.outcomes) == self.frames and all(
            numbers == [*range(1, len(numbers) + 1)] for numbers in found.values()
        )

    @property
    def longest_wait(self) -> float:
        """Seconds from the capture of a frame to its outcome."""
        return max(
            (outcome.completed_unix_nano - outcome.captured_unix_nano) / 1e9
            for outcome in self.outcomes
        )


def camera_names(shards: int) -> list[str]:
    """One name for each shard."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < shards:
        name = f"camera-{number}"
        found.setdefault(camera_shard(name, shards), name)
        number += 1
    return [found[shard] for shard in sorted(found)]


async def handover(mesh: Mesh, shards: int, counts: Sequence[int]) -> Handover:
    """Go through these numbers of workers, while each shard has a camera that sends."""
    spec = PipelineSpec(
        "handover",
        (StageSpec("only", MODEL),),
        BufferSpec(shards=shards, max_bytes=ByteSize(256 * 1024**2)),
        DeliverySpec(order=Order.PER_CAMERA),
        WorkersSpec(counts[0]),
    )
    await mesh.apply(spec)
    await _ready(mesh, spec.name, counts[0])
    stop = asyncio.Event()
    shares: list[list[int]] = []
    async with asyncio.TaskGroup() as tasks:
        sending = [
            tasks.create_task(_send(mesh, spec.name, camera, stop))
            for camera in camera_names(shards)
        ]
        for count in counts:
            await mesh.submit(replace(spec, workers=WorkersSpec(count)))
            await _ready(mesh, spec.name, count)
            await asyncio.sleep(SETTLE_SECONDS)
            shares.append(await _shares(mesh, spec.name, shards))
        stop.set()
    frames = sum(task.result() for task in sending)
    return Handover(frames, await mesh.outcomes(spec.name, frames), shares)


async def _ready(mesh: Mesh, pipeline: str, count: int) -> None:
    async with grpc.aio.insecure_channel(mesh.run.master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        ask = pipeline_pb2.GetPipelineRequest(name=pipeline)
        async with asyncio.timeout(120):
            while (await stub.GetPipeline(ask)).pipeline.ready_workers != count:
                await asyncio.sleep(0.1)


async def _send(mesh: Mesh, pipeline: str, name: str, stop: asyncio.Event) -> int:
    """Send at a steady rate until `stop`; returns how many frames."""
    image, loop = picture(), asyncio.get_running_loop()
    began, sent = loop.time(), 0
    async with AsyncCamera(mesh.run.ingest, pipeline=pipeline, name=name) as camera:
        while not stop.is_set():
            await asyncio.sleep(began + sent / FRAMES_PER_SECOND - loop.time())
            await camera.send(image)
            sent += 1
    return sent


async def _shares(mesh: Mesh, pipeline: str, cameras: int) -> list[int]:
    """How many cameras each worker serves now, by their last outcomes."""
    latest: dict[str, str] = {}
    done = sum(camera.done for camera in (await mesh.status(pipeline)).cameras)
    for outcome in await mesh.outcomes(pipeline, done):
        latest[outcome.frame.camera] = outcome.completed_by
    assert len(latest) == cameras
    return sorted(Counter(latest.values()).values(), reverse=True)


async def measure(shards: int, counts: Sequence[int], data: Path) -> None:
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as running:
        mesh = Mesh(running)
        folder = simulated_model(data / "model", MODEL, milliseconds=MODEL_MILLISECONDS)
        await mesh.add_model(folder)
        found = await handover(mesh, shards, counts)
    for count, share in zip(counts, found.shares, strict=True):
        print(f"{count} workers: {' '.join(map(str, share))} shards")
    print(f"{found.frames} frames, {'in order' if found.in_order else 'OUT OF ORDER'}")
    print(f"longest from capture to outcome: {found.longest_wait:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=9)
    parser.add_argument("--workers", type=int, nargs="*", default=[3, 9, 3])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(arguments.shards, arguments.workers, Path(folder)))


if __name__ == "__main__":
    main()
