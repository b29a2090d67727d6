"""A camera with its spool on disk, in a process that may be killed at any moment.

`python -m tests.spooled_camera FACE ADDRESS FOLDER IMAGE FRAMES` prints a line for every frame that
`send` returned a number for: the number, and the last bytes of its image. FRAMES 0: without end.
"""

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from framemesh.sdk import AsyncCamera, Camera, CameraOptions, DiskSpool

TOKEN_BYTES = 8
CLOSE_SECONDS = 60.0
"""For the last answers, while an ingest goes and comes."""

KILLS = int(os.environ.get("FRAMEMESH_KILLS", "5"))
"""How often a test kills it. `make test-spool` says 50."""


def token(image: bytes) -> str:
    """What no other image has."""
    return image[-TOKEN_BYTES:].hex()


@asynccontextmanager
async def spooled_camera(
    face: str, address: str, folder: Path, image: Path, frames: int = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """It is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.spooled_camera", face, address),
        *(str(folder), str(image), str(frames)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def killed_after(process: asyncio.subprocess.Process, seconds: float) -> dict[int, str]:
    """The frames that it took, if it is killed so long after the first."""
    assert process.stdout is not None
    output = await process.stdout.readline()
    reading = asyncio.ensure_future(process.stdout.read())
    await asyncio.sleep(seconds)
    process.kill()
    return taken(output + await reading)


def taken(output: bytes) -> dict[int, str]:
    """Frame -> token of its image. A line that is torn was not told."""
    lines = [line.split() for line in output.decode().splitlines(keepends=True) if "\n" in line]
    return {int(number): image for number, image in lines}


def _images(image: bytes, frames: int) -> Iterator[bytes]:
    for _ in range(frames) if frames else itertools.count():
        yield image + os.urandom(TOKEN_BYTES)


def _tell(sequence: int, image: bytes) -> None:
    sys.stdout.write(f"{sequence} {token(image)}\n")
    sys.stdout.flush()


async def _run(camera: AsyncCamera, images: Iterator[bytes]) -> None:
    async with camera:
        for image in images:
            _tell(await camera.send(image), image)


def main(face: str, address: str, folder: str, image: str, frames: str) -> None:
    options = CameraOptions(spool=DiskSpool(folder), close_timeout=CLOSE_SECONDS)
    images = _images(Path(image).read_bytes(), int(frames))
    if face == "asyncio":
        camera = AsyncCamera(address, pipeline="street", name="door", options=options)
        asyncio.run(_run(camera, images))
        return
    with Camera(address, pipeline="street", name="door", options=options) as threaded:
        for one in images:
            _tell(threaded.send(one), one)


if __name__ == "__main__":
    main(*sys.argv[1:])
