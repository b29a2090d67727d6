"""The memory of every process after 2,000 and after 10,000 frames: `python -m bench.memory`."""

import asyncio
import statistics
import tempfile
from pathlib import Path

import psutil

from bench.cpu import role
from bench.throughput import CAMERAS, Mesh
from framemesh.cli.embedded.ports import Ports
from framemesh.cli.embedded.running import embedded

FIRST, LAST = 2_000, 10_000
SAMPLED = 1_000
"""Frames of the load under which memory is read."""

SAMPLE_SECONDS = 0.25
MIB = 1024 * 1024


def resident(root: int) -> dict[str, int]:
    """Resident bytes of each process below `root`, by what it is and its place among its like."""
    found: dict[str, int] = {}
    for process in psutil.Process(root).children(recursive=True):
        name, number = role(process), 1
        while f"{name} {number}" in found:
            number += 1
        found[f"{name} {number}"] = process.memory_info().rss
    return found


async def measure(data: Path) -> None:
    async with embedded(data, Ports.free()) as run:
        mesh = Mesh(run)
        await mesh.prepare()
        await mesh.saturate(FIRST // CAMERAS)
        early = await under_load(mesh, run.pid)
        await mesh.saturate((LAST - FIRST - SAMPLED) // CAMERAS)
        late = await under_load(mesh, run.pid)
    print(f"{'MiB after':12} {FIRST:>8} {LAST:>8}  change")
    for name in sorted(early):
        change = late[name] / early[name] - 1
        print(f"{name:12} {early[name] / MIB:8.1f} {late[name] / MIB:8.1f}  {change:+.1%}")


async def under_load(mesh: Mesh, root: int) -> dict[str, float]:
    """The median of each process over the next SAMPLED frames: a collector of garbage makes single
    readings of nats-server differ by a third."""
    samples: list[dict[str, int]] = []
    async with asyncio.TaskGroup() as tasks:
        load = tasks.create_task(mesh.saturate(SAMPLED // CAMERAS))
        while not load.done():
            samples.append(await asyncio.to_thread(resident, root))
            await asyncio.sleep(SAMPLE_SECONDS)
    names = [name for name in samples[0] if all(name in sample for sample in samples)]
    return {name: statistics.median(sample[name] for sample in samples) for name in names}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
