"""What a page with sixteen cameras costs a mesh: `python -m bench.observability.dashboard`.

In turns, sixteen cameras saturate a mesh while somebody looks at the wall, and while nobody does.
Who looks is a client that reads all that a browser would, and draws nothing: a browser is another
machine's.
"""

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.compare.pairs import in_turns, report
from bench.throughput import PIPELINE, Mesh, MeshRun
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from tests.dashboard_browser import Browser, open_browser

CAMERAS = 16
"""By the names of bench.cameras."""

WIDTH = 480
"""Of a picture in pixels: four in a row of a usual screen."""


@dataclass
class Seen:
    """What came to who looked."""

    pictures: int = 0
    bytes: int = 0


async def read(browser: Browser, seen: Seen) -> None:
    """All that comes, until cancelled."""
    while True:
        received = await browser.socket.recv()
        seen.bytes += len(received)
        seen.pictures += isinstance(received, bytes)


@asynccontextmanager
async def looking(address: str, seen: Seen) -> AsyncIterator[None]:
    """Somebody looks at the wall."""
    names = [{"pipeline": PIPELINE, "camera": f"camera-{at + 1}"} for at in range(CAMERAS)]
    async with open_browser(address) as browser:
        await browser.ask(mesh=True, wall={"cameras": names, "width": WIDTH})
        reading = asyncio.create_task(read(browser, seen))
        try:
            yield
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading


async def compare(rounds: int, frames_of_each: int, data: Path) -> None:
    async with running_mesh(data, Ports.free()) as run:
        address = run.dashboard.removeprefix("http://").partition("/")[0]
        mesh = Mesh(run, cameras=CAMERAS)
        await mesh.prepare()
        seen, seconds = Seen(), 0.0

        async def watched() -> MeshRun:
            nonlocal seconds
            async with looking(address, seen):
                run = await mesh.saturate(frames_of_each)
            seconds += run.seconds
            return run

        pairs = await in_turns(watched, lambda: mesh.saturate(frames_of_each), rounds)
    report(pairs, "watched", "not")
    print(f"{seen.pictures / seconds:.0f} pictures/s, {seen.bytes / seconds / 1e3:.0f} KB/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--frames", type=int, default=60, help="of each of the cameras")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(arguments.rounds, arguments.frames, Path(folder)))


if __name__ == "__main__":
    main()
