"""Time a frame over 100 images, in three ways: `python -m bench.capillary --model FOLDER`.

Serial: one process, one image after the other. Pool: a master hands the images to a process a core,
and gathers the boxes. Mesh: the images of one camera, and a worker a core with its own Triton. All
three are held to the same cores, cameras and broker included; all decode the same JPEGs with the
same code, run the same ONNX file with one thread, and have to find as many boxes. Each is warm: no
start is counted. In turns; prints the medians.

Pool and serial are our re-implementation of what Capillary X (arXiv 2204.08462) compares itself
with.
"""

import argparse
import asyncio
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path

import yaml
from pydantic import ByteSize

from bench.capillary import looker
from bench.cpu import cpu_seconds
from bench.frames import MODEL, jpegs
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import Mesh
from tests.waiting import eventually

IMAGES = 100
PIPELINE = "capillary"
READY_SECONDS = 120.0
STORE_BYTES = 2 * 1024**3

WAYS = ("serial", "pool", "mesh")


@dataclass(frozen=True, slots=True)
class Found:
    """One way, once."""

    seconds: float
    boxes: int
    cpu_seconds: float = 0.0
    """Of all processes, whatever else the machine does."""


def single_instance(model: Path, to: Path) -> Path:
    """The same model, with one instance in each Triton: a worker is to use one core."""
    shutil.copytree(model, to)
    manifest = yaml.safe_load((to / "model.yaml").read_text())
    (to / "model.yaml").write_text(yaml.safe_dump({**manifest, "instances": 1}))
    return to


def spent() -> float:
    """CPU seconds so far, of this process and all below it."""
    return sum(cpu_seconds(os.getpid()).values())


def serial(pool: Pool, images: Sequence[bytes]) -> Found:
    return Found(*pool.apply(looker.look_at_all, (images,)))


def shared_out(pool: Pool, images: Sequence[bytes]) -> Found:
    began = time.monotonic()
    boxes = sum(pool.imap_unordered(looker.look, images))
    return Found(time.monotonic() - began, boxes)


class OwnWay:
    """The images of one camera through a mesh; each time of a camera with another name."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._pushed = 0

    async def __call__(self, images: Sequence[bytes]) -> Found:
        await self._mesh.push(PIPELINE, f"camera-{self._pushed}", images)
        self._pushed += len(images)
        outcomes = (await self._mesh.outcomes(PIPELINE, self._pushed))[-len(images) :]
        last = max(each.completed_unix_nano for each in outcomes)
        first = min(each.captured_unix_nano for each in outcomes)
        return Found((last - first) / 1e9, sum(len(each.detections) for each in outcomes))


async def measure(
    model: Path, cores: int, rounds: int, images: Sequence[bytes], data: Path
) -> dict[str, list[Found]]:
    """Everything that is started here stays on the first `cores` cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    folder = single_instance(model, data / "model")
    name = read_model_folder(folder).manifest.name
    start, context = (folder, images[0]), multiprocessing.get_context("spawn")
    found: dict[str, list[Found]] = {way: [] for way in WAYS}
    with (
        context.Pool(1, looker.start, start) as alone,
        context.Pool(cores, looker.start, start) as pool,
    ):
        async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=STORE_BYTES) as run:
            mesh = Mesh(run)
            await mesh.add_model(folder)
            buffer = BufferSpec(max_bytes=ByteSize(128 * 1024**2))
            stages, workers = (StageSpec("only", name),), WorkersSpec(cores)
            await mesh.apply(PipelineSpec(PIPELINE, stages, buffer, workers=workers))
            await eventually(
                partial(mesh.pipeline, PIPELINE),
                READY_SECONDS,
                until=lambda pipeline: pipeline.ready_workers == cores,
            )
            own = OwnWay(mesh)
            ways: dict[str, Callable[[Sequence[bytes]], Found]] = {
                "serial": partial(serial, alone),
                "pool": partial(shared_out, pool),
            }
            # The first of each warms up what images alone can.
            for number in range(-1, rounds):
                for way in WAYS:
                    before = spent()
                    rival = ways.get(way)
                    once = await (asyncio.to_thread(rival, images) if rival else own(images))
                    if number >= 0:
                        found[way].append(replace(once, cpu_seconds=spent() - before))
    return found


def report(cores: int, found: dict[str, list[Found]]) -> None:
    boxes = {each.boxes for turns in found.values() for each in turns}
    assert max(boxes) - min(boxes) <= 1, f"the ways differ in what they find: {sorted(boxes)}"
    ms = {way: [1000 * each.seconds / IMAGES for each in turns] for way, turns in found.items()}
    print(f"cores {cores}     {'ms a frame':>10}  {'CPU ms':>8}")
    for way, turns in found.items():
        cpu = statistics.median(1000 * each.cpu_seconds / IMAGES for each in turns)
        print(f"    {way:9}{statistics.median(ms[way]):10.2f}  {cpu:8.2f}")
    for rival in ("serial", "pool"):
        ratios = [own / other for own, other in zip(ms["mesh"], ms[rival], strict=True)]
        print(
            f"    mesh against {rival}: {statistics.median(ratios) - 1:+.0%} of the time",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    images, all_cores = jpegs()[:IMAGES], os.sched_getaffinity(0)
    for cores in given.cores:
        with tempfile.TemporaryDirectory() as folder:
            os.sched_setaffinity(0, all_cores)
            found = asyncio.run(measure(given.model, cores, given.rounds, images, Path(folder)))
        report(cores, found)


if __name__ == "__main__":
    main()
