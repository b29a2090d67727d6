"""What one process of cameras gives to one ingest: `python -m bench.producers`.

Four cameras as fast as they go, then as many as are asked for, each with so many frames a second;
with one process of ingest, or with several numbers of them in turns.
Frames of 50 KB are stored in a file stream, and each is acknowledged when it is there.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

from bench.producers.cameras import Load
from bench.producers.door import PIPELINE, Door, open_door
from bench.producers.faces import Face, there
from bench.producers.turns import measured

FASTEST = 4
"""Cameras that send as fast as they go."""


async def run(
    turns: int, seconds: float, cameras: int, fps: float, *, faces: list[Face], processes: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with AsyncExitStack() as stack:
            doors = [
                await stack.enter_async_context(_door(path / str(count), count))
                for count in processes
            ]
            loads = {
                f"{FASTEST} cameras, as fast as they go": (FASTEST, 0.0),
                f"{cameras} cameras with {fps:g} frames/s": (cameras, fps),
            }
            for title, (count, rate) in loads.items():
                found: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
                for _ in range(turns):
                    for face in faces:
                        for door, number in zip(doors, processes, strict=True):
                            load = Load(door.address, PIPELINE, count, rate, seconds)
                            name = f"{face}, {number} of ingest" if number > 1 else str(face)
                            found[name].append(await measured(door, face, load, path))
                tell(title, found)


def _door(folder: Path, processes: int) -> AbstractAsyncContextManager[Door]:
    folder.mkdir()
    return open_door(folder, processes=str(processes))


def tell(title: str, found: Mapping[str, list[dict[str, float]]]) -> None:
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
    parser.add_argument("--faces", type=Face, nargs="+", default=there(), help="by default all")
    parser.add_argument("--processes", type=int, nargs="+", default=[1], help="of ingest, in turns")
    given = parser.parse_args()
    asyncio.run(
        run(
            given.turns,
            given.seconds,
            given.cameras,
            given.fps,
            faces=given.faces,
            processes=given.processes,
        )
    )


if __name__ == "__main__":
    main()
