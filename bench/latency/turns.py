"""One turn of the direct loop, and one of the mesh, at the same pace."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc.aio

from bench.frames import ROOT
from bench.latency.direct import STEPS
from bench.latency.pace import Pace
from bench.throughput import PIPELINE
from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.hops import Hop
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.processes.malloc import MALLOC

WARM_SECONDS = 2.0
"""At the beginning of a turn: the cameras connect, and caches fill."""

GRACE_SECONDS = 60.0
"""After the last frame was due, for the last outcome."""

AGE = "age"
"""From when a frame was due to its boxes: all steps or hops together."""

SEEN = "seen"
"""From when it was due until one who watches the results has the outcome."""


@dataclass(frozen=True, slots=True)
class Ages:
    """What was measured of one turn: milliseconds of each frame, by step or hop."""

    of: Mapping[str, list[float]]
    done: int
    offered: int


async def _said(command: list[str], seconds: float) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**os.environ, **MALLOC}, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return said.decode()


def _paced(module: str, *arguments: str, pace: Pace) -> list[str]:
    return [
        sys.executable,
        "-m",
        module,
        *arguments,
        f"--cameras={pace.cameras}",
        f"--rate={pace.rate}",
        f"--seconds={pace.seconds}",
    ]


async def direct_turn(triton: str, model: Path, pace: Pace) -> Ages:
    options = [f"--model={model}", f"--warm-seconds={WARM_SECONDS}"]
    command = _paced("bench.latency.direct", triton, *options, pace=pace)
    taken = json.loads(await _said(command, pace.seconds + GRACE_SECONDS))
    found = {step: [each[n] / 1e3 for each in taken] for n, step in enumerate(STEPS)}
    found[AGE] = [sum(each) / 1e3 for each in taken]
    return Ages(found, len(taken), len(taken))


async def mesh_turn(ingest: str, monitor: str, pace: Pace) -> Ages:
    """Raises TimeoutError if a frame has no outcome in time."""
    offered = pace.frames * pace.cameras
    async with grpc.aio.insecure_channel(monitor) as channel:
        request = monitor_pb2.WatchResultsRequest(pipeline=PIPELINE)
        results = monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request)
        await results.initial_metadata()
        seen: list[tuple[outcome_pb2.Outcome, float]] = []

        async def watch() -> None:
            async for result in results:
                now = time.time()
                seen.append((result.outcome, 1e3 * now - result.outcome.captured_unix_nano / 1e6))

        async with background_task(watch()):
            cameras = _paced("bench.latency.cameras", ingest, PIPELINE, pace=pace)
            await _said(cameras, pace.seconds + GRACE_SECONDS)
            async with asyncio.timeout(GRACE_SECONDS):
                while len(seen) < offered:
                    await asyncio.sleep(0.05)
    return _of_hops(seen, offered)


def _of_hops(seen: list[tuple[outcome_pb2.Outcome, float]], offered: int) -> Ages:
    first = min(outcome.captured_unix_nano for outcome, _ in seen)
    warm = [
        (outcome, age)
        for outcome, age in seen
        if outcome.captured_unix_nano >= first + WARM_SECONDS * 1e9
        and outcome.fate == outcome_pb2.FATE_DONE
    ]
    found = {
        hop.value: [getattr(outcome.timings, hop.value) / 1e3 for outcome, _ in warm] for hop in Hop
    }
    found[AGE] = [
        (outcome.completed_unix_nano - outcome.captured_unix_nano) / 1e6 for outcome, _ in warm
    ]
    found[SEEN] = [age for _, age in warm]
    done = sum(outcome.fate == outcome_pb2.FATE_DONE for outcome, _ in seen)
    return Ages(found, done, offered)
