"""The whole mesh against a direct loop over the same Triton: `make bench`.

Starts a mesh on free ports, then in turns (a) asks the worker's Triton from a hand-written loop
while the mesh is idle, and (b) saturates the mesh with cameras. Prints frames/s of both, their
ratio, and where the CPU time of the mesh goes.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc.aio
import psutil

from bench.cpu import cpu_seconds, role
from bench.direct import DirectRun
from bench.frames import MODEL, ROOT
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.cli.commands import model_submission
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.processes.malloc import MALLOC

PIPELINE = "bench"
CAMERAS = 4
WAIT_SECONDS = 300

POLL_SECONDS = 0.2
"""Between two readings of the ledger, which cost CPU themselves."""

BUFFER_BYTES = 16 * 1024 * 1024
"""Small, so that the cameras are held back and frames are accepted at the rate of outcomes, as in a
mesh that runs at its limit for hours."""


@dataclass(frozen=True, slots=True)
class MeshRun:
    """One saturated run of the mesh."""

    frames: int
    seconds: float
    cpu: Mapping[str, float]
    """CPU seconds by role."""

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Of all processes, a frame."""
        return 1000 * sum(self.cpu.values()) / self.frames

    def role_ms(self, role: str) -> float:
        """Of the processes of one role, a frame."""
        return 1000 * self.cpu.get(role, 0) / self.frames


class Mesh:
    """A running mesh with one pipeline of one model, idle."""

    def __init__(
        self,
        run: RunState,
        model_folder: Path = MODEL,
        *,
        cameras: int = CAMERAS,
        checkout: Path = ROOT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`checkout`: whose cameras push, with `environment` beside ours."""
        self._run = run
        self._checkout = checkout
        self._environment = environment or {}
        self._model = model_folder
        self._cameras = cameras
        self._pushed = 0

    async def prepare(self) -> None:
        """Register the model, apply the pipeline, and wait for its worker."""
        await asyncio.to_thread(model_submission.submit, self._model, master=self._run.master)
        spec = pipeline_pb2.PipelineSpec(
            name=PIPELINE,
            stages=[
                pipeline_pb2.Stage(name="only", model=read_model_folder(self._model).manifest.name)
            ],
            buffer=pipeline_pb2.Buffer(max_bytes=BUFFER_BYTES),
        )
        async with grpc.aio.insecure_channel(self._run.master) as channel:
            stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
            await stub.ApplyPipeline(pipeline_pb2.ApplyPipelineRequest(spec=spec))
            ask = pipeline_pb2.GetPipelineRequest(name=PIPELINE)
            while not (await stub.GetPipeline(ask)).pipeline.ready_workers:
                await asyncio.sleep(0.1)

    async def triton(self) -> str:
        """The address of the worker's Triton."""
        async with grpc.aio.insecure_channel(self._run.master) as channel:
            nodes = await node_pb2_grpc.NodeServiceStub(channel).ListNodes(
                node_pb2.ListNodesRequest()
            )
        (worker,) = nodes.nodes[0].node.workers
        async with grpc.aio.insecure_channel(worker.address) as channel:
            answer = await worker_pb2_grpc.WorkerServiceStub(channel).GetWorker(
                worker_pb2.GetWorkerRequest()
            )
        return answer.triton.address

    async def push(self, frames_of_each: int) -> float:
        """Push from another process as fast as possible, and wait until every frame has its
        outcome. Returns the CPU seconds of the cameras."""
        command = [sys.executable, "-m", "bench.cameras", self._run.ingest, PIPELINE]
        options = [f"--cameras={self._cameras}", f"--frames={frames_of_each}"]
        pushing = await asyncio.create_subprocess_exec(
            *command,
            *options,
            cwd=self._checkout,
            env={**os.environ, **self._environment},
            stdout=asyncio.subprocess.PIPE,
        )
        self._pushed += self._cameras * frames_of_each
        async with grpc.aio.insecure_channel(self._run.monitor) as channel:
            monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
            while await self._completed(monitor) < self._pushed:
                await asyncio.sleep(POLL_SECONDS)
        said, _ = await pushing.communicate()
        return float(said)

    async def saturate(self, frames_of_each: int) -> MeshRun:
        """Push, and measure."""
        frames = self._cameras * frames_of_each
        before = cpu_seconds(self._run.pid)
        cameras = await self.push(frames_of_each)
        after = cpu_seconds(self._run.pid)
        cpu = {role: after[role] - before.get(role, 0) for role in after if role != "cameras"}
        cpu["cameras"] = cameras
        async with grpc.aio.insecure_channel(self._run.monitor) as channel:
            monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
            seconds = await self._busy_seconds(monitor, frames)
        return MeshRun(frames, seconds, cpu)

    async def _completed(self, monitor: "monitor_pb2_grpc.MonitorServiceAsyncStub") -> int:
        status = await monitor.GetStatus(monitor_pb2.GetStatusRequest(pipeline=PIPELINE))
        return sum(camera.done for camera in status.pipelines[0].cameras)

    async def _busy_seconds(
        self, monitor: "monitor_pb2_grpc.MonitorServiceAsyncStub", frames: int
    ) -> float:
        """From the first capture to the last outcome, of the newest `frames`."""
        request = monitor_pb2.WatchResultsRequest(pipeline=PIPELINE, from_start=True)
        outcomes = []
        async for result in monitor.WatchResults(request):
            outcomes.append(result.outcome)
            if len(outcomes) == self._pushed:
                break
        newest = outcomes[-frames:]
        first = min(outcome.captured_unix_nano for outcome in newest)
        return (max(outcome.completed_unix_nano for outcome in newest) - first) / 1e9


def direct(
    address: str,
    model_folder: Path,
    batch: int,
    concurrency: int,
    seconds: float,
    *,
    same_preparation: bool = False,
    cpus: Collection[int] = (),
) -> DirectRun:
    """The direct loop in another process, with the same allocator settings as the worker.

    Args:
        cpus: that it may use; none: those of this process.
    """
    held = ["taskset", "--cpu-list", ",".join(map(str, cpus))] if cpus else []
    command = [*held, sys.executable, "-m", "bench.direct", address]
    options = [
        f"--model={model_folder}",
        f"--batch={batch}",
        f"--concurrency={concurrency}",
        f"--seconds={seconds}",
        *(["--same-preparation"] if same_preparation else []),
    ]
    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, **MALLOC},
        check=True,
        capture_output=True,
        timeout=WAIT_SECONDS,
    )
    return DirectRun(**json.loads(done.stdout))


def set_apart(mesh: int) -> Collection[int]:
    """Hold the agent of a mesh, and what it starts from now on, to one CPU, and all other processes
    of the mesh and this one to the others; returns the agent's. So a worker is alone with its
    Triton, as on a node of its own."""
    *others, last = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others)
    root = psutil.Process(mesh)
    for process in [root, *root.children(recursive=True)]:
        for thread in process.threads():
            os.sched_setaffinity(thread.id, [last] if role(process) == "agent" else others)
    return [last]


def best_direct(address: str, model_folder: Path, cpus: Collection[int] = ()) -> tuple[int, int]:
    """The batch size and concurrency with which the direct loop is fastest."""
    rates: dict[tuple[int, int], float] = {}
    for batch in (1, 2, 4, 8):
        for concurrency in (2, 3, 4):
            run = direct(address, model_folder, batch, concurrency, 3, cpus=cpus)
            rate = run.frames_per_second
            rates[batch, concurrency] = rate
            print(f"    direct, batch {batch}, {concurrency} threads: {rate:6.0f} frames/s")
    return max(rates, key=lambda each: rates[each])


async def compare(
    rounds: int,
    frames_of_each: int,
    model_folder: Path,
    data: Path,
    *,
    same_preparation: bool,
    apart: bool,
) -> None:
    async with running_mesh(data, Ports.free()) as run:
        cpus = set_apart(run.pid) if apart else ()
        mesh = Mesh(run, model_folder)
        await mesh.prepare()
        triton = await mesh.triton()
        how = await asyncio.to_thread(best_direct, triton, model_folder, cpus)
        loops: list[DirectRun] = []
        same: list[DirectRun] = []
        runs: list[MeshRun] = []
        for _ in range(rounds):
            ask = partial(direct, triton, model_folder, *how, 6, cpus=cpus)
            loops.append(await asyncio.to_thread(ask))
            if same_preparation:
                same.append(await asyncio.to_thread(partial(ask, same_preparation=True)))
            runs.append(await mesh.saturate(frames_of_each))
            rates = loops[-1].frames_per_second, runs[-1].frames_per_second
            print("  direct {:6.0f} frames/s   mesh {:6.0f} frames/s".format(*rates))
    report(loops, runs, "batch {}, {} threads".format(*how))
    if same:
        report_same(same, runs)


def report_same(loops: list[DirectRun], runs: list[MeshRun]) -> None:
    """Beside the loop that prepares inputs as the worker does."""
    rates = [loop.frames_per_second for loop in loops]
    ratios = [run.frames_per_second / rate for run, rate in zip(runs, rates, strict=True)]
    spent = statistics.median(loop.cpu_ms for loop in loops)
    print(f"the same preparation in the loop: {statistics.median(rates):.0f} frames/s,", end=" ")
    print(f"{spent:.2f} CPU ms a frame, ratio {statistics.median(ratios):.2f}")


def report(loops: list[DirectRun], runs: list[MeshRun], how: str) -> None:
    direct_rates = [loop.frames_per_second for loop in loops]
    mesh_rates = [run.frames_per_second for run in runs]
    ratios = [mesh / loop for mesh, loop in zip(mesh_rates, direct_rates, strict=True)]
    print(f"direct loop  {statistics.median(direct_rates):6.0f} frames/s  ({how})")
    print(f"whole mesh   {statistics.median(mesh_rates):6.0f} frames/s")
    print(f"ratio        {statistics.median(ratios):6.2f}  (median of {len(ratios)} rounds)")
    print("CPU ms a frame:")
    print(f"  {'direct loop':12} {statistics.median(loop.cpu_ms for loop in loops):6.2f}")
    for name in sorted(runs[0].cpu, key=lambda name: -runs[0].cpu[name]):
        spent = statistics.median(run.role_ms(name) for run in runs)
        print(f"  {name:12} {spent:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    parser.add_argument("--frames", type=int, default=600, help="of each of the cameras")
    parser.add_argument(
        "--same-preparation",
        action="store_true",
        help="also a loop that prepares inputs as the worker does, not by OpenCV",
    )
    parser.add_argument(
        "--apart",
        action="store_true",
        help="the worker with its Triton, and the direct loop, on one CPU; all else on the others",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            compare(
                arguments.rounds,
                arguments.frames,
                arguments.model,
                Path(folder),
                same_preparation=arguments.same_preparation,
                apart=arguments.apart,
            )
        )


if __name__ == "__main__":
    main()
