"""What a load costs on two nodes of unlike speed and price: the cheapest workers, or spread ones.

`python -m bench.scaling.unlike --out FOLDER` writes a line for each load and way.
"""

import argparse
import asyncio
import csv
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import grpc.aio
import numpy as np
from pydantic import ByteSize

from bench.scaling.loads import LOADS
from bench.scaling.run import OBJECTIVE, age_of, send_load
from bench.scaling.unlike_mesh import MODEL, NODES, unlike_mesh
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.core.pipeline.spec import BufferSpec, ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.concurrency.background_task import background_task
from tests.e2e.mesh import Mesh

SAMPLE_SECONDS = 0.25
MOST = 8
SHRINK_SECONDS = 8.0
WAYS = {"cheapest": (), "spread": (sys.executable, "-m", "bench.scaling.blind_master")}
"""With the command of the master."""


@dataclass(frozen=True, slots=True)
class Cost:
    load: str
    way: str
    price_per_hour: float
    """On average while the load lasts, of all workers that there are: starting, ready, stopping."""
    age_p99: float
    late: int
    frames: int
    workers: str
    """Of each node, on average."""


async def measure(load: str, way: str, data: Path) -> Cost:
    async with unlike_mesh(data, WAYS[way]) as mesh:
        spec = PipelineSpec(
            load,
            (StageSpec("only", MODEL),),
            BufferSpec(max_bytes=ByteSize(512 * 1024**2)),
            workers=WorkersSpec(
                1, MOST, ObjectiveSpec(OBJECTIVE), timedelta(seconds=SHRINK_SECONDS)
            ),
        )
        await mesh.apply(spec)
        samples: list[Counter[str]] = []
        async with background_task(_sample(mesh, load, samples)):
            frames = await send_load(mesh, load, LOADS[load])
        ages = [age_of(each) for each in await mesh.outcomes(load, frames)]
    prices = {node.name: node.price for node in NODES}
    average = {name: sum(each[name] for each in samples) / len(samples) for name in prices}
    return Cost(
        load,
        way,
        round(sum(average[name] * price for name, price in prices.items()), 3),
        round(float(np.percentile(ages, 99)), 2),
        sum(age > OBJECTIVE.total_seconds() for age in ages),
        frames,
        " ".join(f"{name}:{count:.1f}" for name, count in average.items()),
    )


async def _sample(mesh: Mesh, pipeline: str, samples: list[Counter[str]]) -> None:
    async with grpc.aio.insecure_channel(mesh.run.master) as channel:
        nodes = node_pb2_grpc.NodeServiceStub(channel)
        while True:
            answer = await nodes.ListNodes(node_pb2.ListNodesRequest())
            samples.append(
                Counter(
                    status.node.name
                    for status in answer.nodes
                    for worker in status.node.workers
                    if worker.pipeline == pipeline
                )
            )
            await asyncio.sleep(SAMPLE_SECONDS)


async def measure_all(loads: list[str], out: Path) -> None:
    with (out / "unlike.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, Cost.__slots__)
        table.writeheader()
        for load in loads:
            for way in WAYS:
                with tempfile.TemporaryDirectory() as folder:
                    found = await measure(load, way, Path(folder))
                line = {name: getattr(found, name) for name in Cost.__slots__}
                table.writerow(line)
                file.flush()
                print("  ".join(f"{key} {value}" for key, value in line.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    parser.add_argument("--load", nargs="*", choices=[*LOADS], default=["day", "step"])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(measure_all(arguments.load, arguments.out))


if __name__ == "__main__":
    main()
