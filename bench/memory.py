"""The memory of every process after 2,000 and after 10,000 frames: `python -m bench.memory`."""

import argparse
import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench.cpu import role
from bench.throughput import CAMERAS, Mesh
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh

AFTER = (2_000, 10_000)
SAMPLED = 1_000
"""Frames of the load under which memory is read."""

SAMPLE_SECONDS = 0.25
MIB = 1024 * 1024


def resident(root: int) -> dict[str, int]:
    """Resident bytes of each process below `root`, by its role and a number."""
    found: dict[str, int] = {}
    for process in psutil.Process(root).children(recursive=True):
        # The one that pushes ends meanwhile.
        with contextlib.suppress(psutil.NoSuchProcess):
            size, name, number = process.memory_info().rss, role(process), 1
            while f"{name} {number}" in found:
                number += 1
            found[f"{name} {number}"] = size
    return found


async def measure(data: Path, after: Sequence[int]) -> None:
    found: list[dict[str, float]] = []
    async with running_mesh(data, Ports.free()) as run:
        mesh = Mesh(run)
        await mesh.prepare()
        pushed = 0
        for frames in after:
            await mesh.push((frames - pushed) // CAMERAS)
            found.append(await under_load(mesh, run.pid))
            pushed = frames + SAMPLED
    print(f"{'MiB after':12}", *(f"{frames:>8}" for frames in after), " change")
    for name in sorted(found[0]):
        sizes = [each[name] for each in found]
        change = sizes[-1] / sizes[0] - 1
        print(f"{name:12}", *(f"{size / MIB:8.1f}" for size in sizes), f" {change:+.1%}")


async def under_load(mesh: Mesh, root: int) -> dict[str, float]:
    """The median of each process over the next SAMPLED frames: because of garbage collection single
    readings of nats-server differ by a third."""
    samples: list[dict[str, int]] = []
    async with asyncio.TaskGroup() as tasks:
        load = tasks.create_task(mesh.push(SAMPLED // CAMERAS))
        while not load.done():
            samples.append(await asyncio.to_thread(resident, root))
            await asyncio.sleep(SAMPLE_SECONDS)
    names = [name for name in samples[0] if all(name in sample for sample in samples)]
    return {name: statistics.median(sample[name] for sample in samples) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=int, nargs="+", default=AFTER, help="so many frames")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.after))


if __name__ == "__main__":
    main()
