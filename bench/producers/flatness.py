"""Ingest's CPU a frame by the number of cameras: `python -m bench.producers.flatness`.

The same number of frames a second in all, from 1 to 1,000 cameras of one process, in turns.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.producers.cameras import Load
from bench.producers.door import PIPELINE, open_door
from bench.producers.faces import Face
from bench.producers.turns import measured

COUNTS = 1, 16, 100, 400, 1000
FRAMES_PER_SECOND = 200
"""Of all cameras together."""


async def run(turns: int, seconds: float) -> None:
    found: defaultdict[int, list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        for _ in range(turns):
            for count in COUNTS:
                # A new one each time: what others left behind is not measured.
                at = path / f"{count}-{len(found[count])}"
                at.mkdir()
                async with open_door(at) as door:
                    fps = FRAMES_PER_SECOND / count
                    load = Load(door.address, PIPELINE, count, fps, seconds)
                    found[count].append(await measured(door, Face.TASKS, load, path))
    names = [*found[1][0]]
    print(f"{'cameras':8}", *(f"{name:>12}" for name in names), f"{'ingest':>8}")
    base = statistics.median(turn["us ingest"] for turn in found[1])
    for count, figures in found.items():
        medians = {name: statistics.median(turn[name] for turn in figures) for name in names}
        change = medians["us ingest"] / base - 1
        print(f"{count:8}", *(f"{medians[name]:12.0f}" for name in names), f"{change:+8.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each turn")
    given = parser.parse_args()
    asyncio.run(run(given.turns, given.seconds))


if __name__ == "__main__":
    main()
