"""What the delivery policies do at twice the capacity: `python -m bench.overload`.

A simulated accelerator sets the capacity exactly: 80 frames/s, in batches of 8 that take 100 ms.
16 cameras send 160 frames/s. Prints, for each policy, the age of the processed frames, the outcomes
of the others, and the fairness between the cameras.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
from pydantic import ByteSize

from bench.frames import ROOT
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, LatestSpec
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.messages import outcome_message
from framemesh.sdk import AsyncCamera
from tests.e2e.mesh import Mesh

MODEL = ROOT / "examples/simulated"
CAPACITY = 80
CAMERAS = 16
OVERLOAD = 2

POLICIES = {
    "fresh 500ms": DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=500))),
    "latest 1": DeliverySpec(latest=LatestSpec(1)),
}


@dataclass(frozen=True, slots=True)
class Result:
    """Of one policy."""

    offered: int
    outcomes: Sequence[Outcome]
    seconds: float

    @property
    def ages(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """Seconds from capture to outcome of the processed frames."""
        done = [o for o in self.outcomes if o.fate is Fate.DONE]
        return np.array([(o.completed_unix_nano - o.captured_unix_nano) / 1e9 for o in done])

    @property
    def fairness(self) -> float:
        """Jain's index of the processed frames of each camera: 1 is equal shares."""
        served = Counter(o.frame.camera for o in self.outcomes if o.fate is Fate.DONE)
        counts = np.array([served[camera_name(n)] for n in range(CAMERAS)], float)
        return float(counts.sum() ** 2 / (CAMERAS * (counts**2).sum()))

    @property
    def newest_unprocessed(self) -> int:
        """Cameras whose last frame was not processed."""
        last: dict[str, Outcome] = {}
        for outcome in self.outcomes:
            known = last.get(outcome.frame.camera)
            if known is None or outcome.frame.sequence > known.frame.sequence:
                last[outcome.frame.camera] = outcome
        return sum(outcome.fate is not Fate.DONE for outcome in last.values())


def camera_name(number: int) -> str:
    return f"camera-{number}"


def picture() -> bytes:
    pixels = np.random.default_rng(7).integers(0, 255, (120, 160, 3), np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


async def send(mesh: Mesh, pipeline: str, number: int, seconds: float) -> int:
    """Push at a steady rate; returns the number of accepted frames."""
    period = CAMERAS / (OVERLOAD * CAPACITY)
    image = picture()
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with AsyncCamera(mesh.run.ingest, pipeline=pipeline, name=camera_name(number)) as camera:
        for frame in range(round(seconds / period)):
            await asyncio.sleep(began + frame * period - loop.time())
            await camera.send(image)
    return camera.counts.accepted


async def overload(mesh: Mesh, name: str, delivery: DeliverySpec, seconds: float) -> Result:
    pipeline = name.split(maxsplit=1)[0]
    spec = PipelineSpec(
        pipeline,
        (StageSpec("only", "simulated"),),
        BufferSpec(max_bytes=ByteSize(256 * 1024**2)),
    )
    await mesh.apply(replace(spec, delivery=delivery))
    async with asyncio.TaskGroup() as tasks:
        sending = [
            tasks.create_task(send(mesh, pipeline, number, seconds)) for number in range(CAMERAS)
        ]
    offered = sum(task.result() for task in sending)
    outcomes = [outcome_message.from_proto(o) for o in await mesh.outcomes(pipeline, offered)]
    await mesh.delete(pipeline)
    return Result(offered, outcomes, seconds)


def report(name: str, result: Result) -> None:
    fates = Counter(o.fate.value for o in result.outcomes)
    p50, p99 = np.percentile(result.ages, (50, 99))
    print(f"{name}: {result.offered} frames in {result.seconds:.0f} s, {dict(fates)}")
    print(f"  processed   {fates['done'] / result.seconds:6.1f} frames/s of {CAPACITY}")
    print(f"  age         {1000 * p50:6.0f} ms p50, {1000 * p99:.0f} ms p99")
    print(f"  fairness    {result.fairness:6.4f}  (Jain, {CAMERAS} cameras)")
    print(f"  cameras whose newest frame was not processed: {result.newest_unprocessed}")


async def measure(seconds: float, data: Path) -> None:
    async with running_mesh(data, Ports.free()) as run:
        mesh = Mesh(run)
        await mesh.add_model(MODEL)
        for name, delivery in POLICIES.items():
            report(name, await overload(mesh, name, delivery, seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(arguments.seconds, Path(folder)))


if __name__ == "__main__":
    main()
