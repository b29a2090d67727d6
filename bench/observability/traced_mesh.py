"""What traces cost a whole mesh: `python -m bench.observability.traced_mesh --otlp HOST:PORT`.

Two meshes stand side by side, one of which sends traces to that collector. Each is saturated in
turns while the other is idle. Prints the frames a second and the CPU time a frame of both.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.cpu import role
from bench.throughput import Mesh
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two meshes."""

    mesh: Mesh
    otlp: str

    async def saturate(self, frames_of_each: int) -> tuple[float, float]:
        """Frames a second, and CPU milliseconds a frame of all its processes."""
        before = self._cpu_seconds()
        run = await self.mesh.saturate(frames_of_each)
        return run.frames_per_second, 1000 * (self._cpu_seconds() - before) / run.frames

    def _cpu_seconds(self) -> float:
        """Both meshes are children of this process: what they are told of a collector differs."""
        spent = 0.0
        for each in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if each.environ().get("FRAMEMESH_OTLP") == self.otlp and role(each) != "cameras":
                    times = each.cpu_times()
                    spent += times.user + times.system
        return spent


async def started(meshes: AsyncExitStack, data: Path, otlp: str) -> Side:
    """A mesh that is ready, with its collector or without one."""
    os.environ["FRAMEMESH_OTLP"] = otlp
    mesh = Mesh(await meshes.enter_async_context(running_mesh(data, Ports.free())))
    await mesh.prepare()
    return Side(mesh, otlp)


async def compare(otlp: str, rounds: int, frames_of_each: int, data: Path) -> None:
    async with AsyncExitStack() as meshes:
        off = await started(meshes, data / "off", "")
        on = await started(meshes, data / "on", otlp)
        for side in (off, on):
            await side.saturate(frames_of_each)
        rates, cpu = [], []
        for number in range(rounds):
            # Each is first as often.
            order = (off, on) if number % 2 else (on, off)
            found = {side: await side.saturate(frames_of_each) for side in order}
            rates.append(found[on][0] / found[off][0])
            cpu.append(found[on][1] / found[off][1])
            told = "{:4.0f}/s {:5.2f} ms"
            print("  off", told.format(*found[off]), "  on", told.format(*found[on]), flush=True)
        print(f"frames a second, on against off: {statistics.median(rates):.3f}")
        print(f"CPU a frame, on against off:     {statistics.median(cpu):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--otlp", required=True, help="host:port of a collector")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--frames", type=int, default=250, help="of each of the four cameras")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(arguments.otlp, arguments.rounds, arguments.frames, Path(folder)))


if __name__ == "__main__":
    main()
