"""What a shadow costs the pipeline that it runs beside: `python -m bench.shadow`.

In turns, the bundled model alone and with a shadow of a second version, on one mesh: ages at a load
that is far from all that the machine can do, and frames a second when cameras push as fast as they
can. Broker, services, both versions and the cameras share the CPUs, which is the worst case: on
other machines than those of the workers, a shadow takes only what the broker does.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree

import psutil
from pydantic import ByteSize

from bench.cpu import cpu_seconds
from bench.frames import MODEL, jpegs
from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera
from tests.e2e.mesh import Mesh

CAMERAS = 4
FRAMES_PER_SECOND = 8
"""Of each camera at the steady load; all together are a tenth of what two cores can do."""

SATURATED_FRAMES = 300
"""Of each camera."""

THRESHOLDS = "score_threshold: 0.4", "score_threshold: 0.5"

ALONE = PipelineSpec(
    "beside",
    (StageSpec("people", "person", 1),),
    # Small enough to hold cameras back.
    BufferSpec(max_bytes=ByteSize(32 * 1024**2)),
)
SHADOWED = replace(ALONE, rollout=RolloutSpec(shadow=ShadowSpec({"people": 2})))


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run of the pipeline."""

    age_p50_ms: float
    age_p99_ms: float
    """At the steady load."""
    nats_ms: float
    """CPU of the broker for a frame, at the steady load."""
    saturated_per_second: float


async def measure(data: Path, rounds: int, seconds: int) -> dict[str, list[Cost]]:
    costs: defaultdict[str, list[Cost]] = defaultdict(list)
    images = await asyncio.to_thread(jpegs)
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as running:
        mesh = Mesh(running)
        await mesh.add_model(MODEL)
        await mesh.add_model(await asyncio.to_thread(second_version, data / "second"))
        for number in range(rounds):
            for name, spec in (("alone", ALONE), ("shadow", SHADOWED)):
                await mesh.apply(spec)
                await settled(mesh, spec)
                costs[name].append(await cost(mesh, images, f"{name}-{number}", seconds))
                print(name, costs[name][-1], flush=True)
    return costs


def second_version(folder: Path) -> Path:
    copytree(MODEL, folder)
    manifest = folder / "model.yaml"
    manifest.write_text(manifest.read_text().replace(*THRESHOLDS))
    return folder


async def settled(mesh: Mesh, spec: PipelineSpec) -> None:
    """Wait until the shadow, if there is to be one, is ready, or else gone."""
    wanted = ["1 of 1 workers"] if spec.rollout.shadow else []
    while [*_shadow_lines(await mesh.pipeline(spec.name))] != wanted:
        await asyncio.sleep(0.2)
    await asyncio.sleep(2.0)


def _shadow_lines(pipeline: pipeline_pb2.Pipeline) -> Iterator[str]:
    return (each.message for each in pipeline.conditions if each.name == "shadow")


async def cost(mesh: Mesh, images: list[bytes], name: str, seconds: int) -> Cost:
    before = await done(mesh)
    cpu = cpu_seconds(psutil.Process().pid)["nats"]
    frames = seconds * FRAMES_PER_SECOND
    async with asyncio.TaskGroup() as tasks:
        for camera in range(CAMERAS):
            steady = [images[each % len(images)] for each in range(frames)]
            tasks.create_task(push(mesh, f"{name}-steady-{camera}", steady, 1 / FRAMES_PER_SECOND))
    outcomes = await new_outcomes(mesh, before, CAMERAS * frames)
    cpu = cpu_seconds(psutil.Process().pid)["nats"] - cpu
    ages = sorted((each.completed_unix_nano - each.captured_unix_nano) / 1e6 for each in outcomes)
    async with asyncio.TaskGroup() as tasks:
        for camera in range(CAMERAS):
            many = [images[each % len(images)] for each in range(SATURATED_FRAMES)]
            tasks.create_task(push(mesh, f"{name}-saturated-{camera}", many, 0.0))
    saturated = await new_outcomes(mesh, before + len(outcomes), CAMERAS * SATURATED_FRAMES)
    began = min(each.captured_unix_nano for each in saturated)
    took = (max(each.completed_unix_nano for each in saturated) - began) / 1e9
    return Cost(
        age_p50_ms=statistics.median(ages),
        age_p99_ms=ages[round(0.99 * (len(ages) - 1))],
        nats_ms=1000 * cpu / len(outcomes),
        saturated_per_second=len(saturated) / took,
    )


async def push(mesh: Mesh, name: str, images: list[bytes], pause: float) -> None:
    async with AsyncCamera(mesh.run.ingest, pipeline="beside", name=name) as camera:
        for image in images:
            await camera.send(image)
            await asyncio.sleep(pause)


async def done(mesh: Mesh) -> int:
    return sum(camera.done for camera in (await mesh.status("beside")).cameras)


async def new_outcomes(mesh: Mesh, before: int, count: int) -> list[outcome_pb2.Outcome]:
    """Wait for so many more than there were."""
    while await done(mesh) < before + count:
        await asyncio.sleep(0.2)
    return (await mesh.outcomes("beside", before + count))[before:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of both; the median counts")
    parser.add_argument("--seconds", type=int, default=15, help="of the steady load")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        costs = asyncio.run(measure(Path(folder), arguments.rounds, arguments.seconds))
    print(f"{'':20}  {'alone':>8}  {'shadow':>8}")
    for field in Cost.__slots__:
        alone, shadow = (
            statistics.median(getattr(each, field) for each in costs[name])
            for name in ("alone", "shadow")
        )
        print(f"{field:20}  {alone:8.1f}  {shadow:8.1f}")


if __name__ == "__main__":
    main()
