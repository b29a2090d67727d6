"""What a whole mesh takes, in cameras and in frames: `python -m bench.scaling.capacity`.

First the same rate of frames from 1 to 1,000 cameras, then small frames as fast as cameras go to
accelerators of 2,000 and of 5,000 frames/s. The accelerators are simulated. Prints for each run the
frames/s that were done, and CPU a frame and memory of each role.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import ByteSize

from bench.cpu import cpu_seconds
from bench.frames import ROOT
from bench.process_tree import resident_by_role
from bench.producers.cameras import CONNECTED, IMAGE_BYTES
from bench.scaling.simulated_model import simulated_model
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import Mesh

COUNTS = (1, 16, 100, 400, 1000)
ACCELERATORS = (2000, 5000)
"""Frames a second."""

SMALL_BYTES = 3_000
BATCH = 32
STORE_BYTES = 4 * 1024**3
BUFFER_BYTES = 32 * 1024**2
"""Small: cameras that are too fast are held back."""

MEASURED_SHARE = 0.9
"""Of the seconds in which cameras send."""

CONNECT_SECONDS = 180.0
DRAIN_SECONDS = 180.0
POLL_SECONDS = 0.2
ROLES = ("cameras", "ingest", "nats", "worker", "triton", "monitor", "master", "agent")
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Load:
    """What the cameras of a run do."""

    name: str
    """Of its pipeline."""
    cameras: int
    rate: float
    """Frames/s of all together; 0: as fast as they go."""
    seconds: float
    image_bytes: int
    accelerator: float
    """Frames/s that it would do."""


@dataclass(frozen=True, slots=True)
class Found:
    frames: int
    seconds: float
    cpu: Mapping[str, float]
    """CPU seconds by role."""
    resident: Mapping[str, int]
    """Bytes by role, at the end of the load."""


async def run(mesh: Mesh, load: Load, folder: Path) -> Found:
    """Most of the time in which all cameras send."""
    model = simulated_model(
        folder / load.name, load.name, milliseconds=1000 / load.accelerator, batch=BATCH
    )
    await mesh.add_model(model)
    buffer = BufferSpec(max_bytes=ByteSize(BUFFER_BYTES))
    await mesh.apply(PipelineSpec(load.name, (StageSpec("only", load.name),), buffer))
    cameras = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.producers.cameras",
        mesh.run.ingest,
        load.name,
        f"--cameras={load.cameras}",
        f"--fps={load.rate / load.cameras}",
        f"--seconds={load.seconds}",
        f"--image-bytes={load.image_bytes}",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        return await _measured(mesh, load, cameras)
    finally:
        if cameras.returncode is None:
            cameras.kill()
            await cameras.wait()
        await mesh.delete(load.name)


async def _measured(mesh: Mesh, load: Load, cameras: asyncio.subprocess.Process) -> Found:
    assert cameras.stdout is not None
    async with asyncio.timeout(CONNECT_SECONDS):
        assert (await cameras.stdout.readline()).decode().strip() == CONNECTED
    began, spent, before = time.monotonic(), cpu_seconds(mesh.run.pid), await _done(mesh, load)
    # Not to the end: the memory and the CPU of the cameras count, and they close then.
    await asyncio.sleep(MEASURED_SHARE * load.seconds)
    after = cpu_seconds(mesh.run.pid)
    frames, seconds = await _done(mesh, load) - before, time.monotonic() - began
    resident = resident_by_role(psutil.Process(mesh.run.pid))
    async with asyncio.timeout(DRAIN_SECONDS):
        await cameras.communicate()
        while (await mesh.status(load.name)).backlog:
            await asyncio.sleep(POLL_SECONDS)
    cpu = {role: after.get(role, 0.0) - spent.get(role, 0.0) for role in after}
    return Found(frames, seconds, cpu, resident)


async def _done(mesh: Mesh, load: Load) -> int:
    return sum(camera.done for camera in (await mesh.status(load.name)).cameras)


def report(load: Load, found: Found) -> None:
    head = f"{load.cameras:5} cameras, {load.image_bytes / 1000:.0f} KB"
    print(
        f"{head}, accelerator {load.accelerator:.0f}/s: {found.frames / found.seconds:.0f} frames/s"
    )
    for what, values, digits in (
        ("us", [1e6 * found.cpu.get(role, 0) / found.frames for role in ROLES], 0),
        ("MiB", [found.resident.get(role, 0) / MIB for role in ROLES], 0),
    ):
        columns = "  ".join(
            f"{role} {value:.{digits}f}" for role, value in zip(ROLES, values, strict=True)
        )
        print(f"    {what:4}{columns}", flush=True)


async def measure(loads: Sequence[Load], folder: Path) -> None:
    async with running_mesh(folder / "mesh", Ports.free(), store_max_bytes=STORE_BYTES) as running:
        for load in loads:
            report(load, await run(Mesh(running), load, folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="*", default=COUNTS)
    parser.add_argument("--rate", type=float, default=100.0, help="frames/s of all cameras")
    parser.add_argument("--accelerators", type=float, nargs="*", default=ACCELERATORS)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each run")
    given = parser.parse_args()
    loads = [
        Load(f"cameras-{count}", count, given.rate, given.seconds, IMAGE_BYTES, 5 * given.rate)
        for count in given.cameras
    ]
    loads += [
        Load(f"accelerator-{rate:.0f}", 8, 0.0, given.seconds, SMALL_BYTES, rate)
        for rate in given.accelerators
    ]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(loads, Path(folder)))


if __name__ == "__main__":
    main()
