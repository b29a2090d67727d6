"""Time for the first 300 frames, with three models and up to eight workers.

`python -m bench.scaling.first_frames --out FILE` writes a line for each run. The models are
simulated: an accelerator of their own for each worker, of 20, 80 and 250 ms a frame. What is
measured is what the mesh adds to them: the time from the first capture to the 300th outcome, beside
that of one worker over the number of workers.
"""

import argparse
import asyncio
import csv
import tempfile
from pathlib import Path

import grpc.aio
from pydantic import ByteSize

from bench.scaling.run import picture
from bench.scaling.simulated_model import simulated_model
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import Mesh

FRAMES = 300
CAMERAS = 6
MILLISECONDS = (20, 80, 250)
WORKERS = (1, 2, 3, 4, 6, 8)
COLUMNS = ("model_ms", "workers", "seconds", "linear", "of_linear")


async def measure(data: Path, rounds: int) -> list[dict[str, float]]:
    lines: list[dict[str, float]] = []
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as running:
        mesh = Mesh(running)
        for milliseconds in MILLISECONDS:
            name = f"model-{milliseconds}"
            await mesh.add_model(simulated_model(data / name, name, milliseconds=milliseconds))
            single = 0.0
            for workers in WORKERS:
                times = [await first_frames(mesh, name, workers, each) for each in range(rounds)]
                seconds = sorted(times)[rounds // 2]
                single = single or seconds
                line = {
                    "model_ms": milliseconds,
                    "workers": workers,
                    "seconds": round(seconds, 3),
                    "linear": round(single / workers, 3),
                    "of_linear": round(single / workers / seconds, 3),
                }
                print("  ".join(f"{key} {value}" for key, value in line.items()), flush=True)
                lines.append(line)
            await mesh.delete(name)
    return lines


async def first_frames(mesh: Mesh, name: str, workers: int, number: int) -> float:
    """Seconds from the first capture to the last outcome of FRAMES frames."""
    spec = PipelineSpec(
        name,
        (StageSpec("only", name),),
        BufferSpec(max_bytes=ByteSize(256 * 1024**2)),
        workers=WorkersSpec(workers),
    )
    await mesh.apply(spec)
    async with grpc.aio.insecure_channel(mesh.run.master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        ask = pipeline_pb2.GetPipelineRequest(name=name)
        while (await stub.GetPipeline(ask)).pipeline.current_workers < workers:
            await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
    before = sum(camera.done for camera in (await mesh.status(name)).cameras)
    image = picture()
    async with asyncio.TaskGroup() as tasks:
        for camera in range(CAMERAS):
            images = [image] * (FRAMES // CAMERAS)
            tasks.create_task(mesh.push(name, f"camera-{workers}-{number}-{camera}", images))
    while sum(camera.done for camera in (await mesh.status(name)).cameras) < before + FRAMES:
        await asyncio.sleep(0.2)
    outcomes = (await mesh.outcomes(name, before + FRAMES))[-FRAMES:]
    last = max(outcome.completed_unix_nano for outcome in outcomes)
    return (last - min(outcome.captured_unix_nano for outcome in outcomes)) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/figures/first-frames.csv"))
    parser.add_argument("--rounds", type=int, default=1, help="of each; the median counts")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        lines = asyncio.run(measure(Path(folder), arguments.rounds))
    with arguments.out.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(lines)


if __name__ == "__main__":
    main()
