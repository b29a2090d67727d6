"""What one process of cameras gives to one ingest: `python -m bench.producers`.

Four cameras as fast as they go, then as many as are asked for, each with so many frames a second.
Frames of 50 KB are stored in a file stream, and each is acknowledged when it is there.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.producers.cameras import Load
from bench.producers.door import PIPELINE, open_door
from bench.producers.faces import Face, there
from bench.producers.turns import measured

FASTEST = 4
"""Cameras that send as fast as they go."""


async def run(turns: int, seconds: float, cameras: int, fps: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with open_door(path) as door:
            loads = {
                f"{FASTEST} cameras, as fast as they go": (FASTEST, 0.0),
                f"{cameras} cameras with {fps:g} frames/s": (cameras, fps),
            }
            for title, (count, rate) in loads.items():
                load = Load(door.address, PIPELINE, count, rate, seconds)
                found: defaultdict[Face, list[dict[str, float]]] = defaultdict(list)
                for _ in range(turns):
                    for face in there():
                        found[face].append(await measured(door, face, load, path))
                tell(title, found)


def tell(title: str, found: dict[Face, list[dict[str, float]]]) -> None:
    names = [*next(iter(found.values()))[0]]
    print(f"{title:36}", *(f"{name:>12}" for name in names))
    for face, turns in found.items():
        medians = [statistics.median(turn[name] for turn in turns) for name in names]
        print(f"{face:36}", *(f"{median:12.0f}" for median in medians), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each turn")
    parser.add_argument("--cameras", type=int, default=500)
    parser.add_argument("--fps", type=float, default=2.0)
    given = parser.parse_args()
    asyncio.run(run(given.turns, given.seconds, given.cameras, given.fps))


if __name__ == "__main__":
    main()
