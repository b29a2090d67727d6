"""From an ONNX file to the first outcome on a running mesh, with the commands that a user gives:
`python -m bench.first_result`, or `python -m bench.first_result --file MODEL.onnx`."""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import grpc.aio

from bench.commands import Command
from bench.frames import CLIP
from bench.yolo_file import write_yolo
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class FirstResult:
    """Seconds of one round, and the CPU time of its commands."""

    submit: float
    create: float
    result: float
    """From the end of `pipeline create`, with the start of a camera and of the worker."""
    cpu: float

    @property
    def total(self) -> float:
        return self.submit + self.create + self.result

    def __str__(self) -> str:
        return (
            f"model submit {self.submit:5.2f}  pipeline create {self.create:5.2f}  "
            f"first result {self.result:5.2f}  total {self.total:5.2f} s  "
            f"CPU of the commands {self.cpu:5.2f} s"
        )


async def first_result(run: RunState, file: Path, number: int) -> FirstResult:
    """One round, under names of its own."""
    name = f"yolo-{number}"
    master = ("--master", run.master)
    begin, spent = time.monotonic(), _spent()
    await Command("model", "submit", str(file), "--name", name, *master).checked()
    submitted = time.monotonic()
    await Command("pipeline", "create", name, "--model", name, *master).checked()
    created = time.monotonic()
    push = Command("push", str(CLIP), "--pipeline", name, "--limit", "8", "--ingest", run.ingest)
    _, boxes = await asyncio.gather(push.checked(), _boxes(run, name))
    if not boxes:
        raise RuntimeError("the first result has no box")
    ended = time.monotonic()
    await Command("pipeline", "delete", name, "--discard-pending", *master).checked()
    return FirstResult(submitted - begin, created - submitted, ended - created, _spent() - spent)


async def _boxes(run: RunState, pipeline: str) -> int:
    """Of the first result, as soon as it is there."""
    request = monitor_pb2.WatchResultsRequest(pipeline=pipeline, from_start=True)
    async with grpc.aio.insecure_channel(run.monitor) as channel:
        async for result in monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request):
            return len(result.outcome.detections)
    raise RuntimeError("the monitor ended the stream")


def _spent() -> float:
    """CPU seconds of the commands that have ended."""
    times = os.times()
    return times.children_user + times.children_system


async def measure(rounds: int, data: Path, file: Path | None) -> None:
    if file is None:
        file = data / "yolo.onnx"
        await asyncio.to_thread(write_yolo, file)
    print(f"{file.stat().st_size / MB:.1f} MB")
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as run:
        found = []
        for number in range(rounds):
            found.append(await first_result(run, file, number))
            print(found[-1], f" load {os.getloadavg()[0]:.1f}", flush=True)
    totals = [each.total for each in found]
    print(f"total: least {min(totals):.2f} s, median {statistics.median(totals):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--file", type=Path, help="a detector; default: one that is made up")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="framemesh-bench-") as folder:
        asyncio.run(measure(options.rounds, Path(folder), options.file))


if __name__ == "__main__":
    main()
