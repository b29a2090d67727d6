"""The process of a camera is killed again and again while its ingest goes and comes.

FRAMEMESH_KILLS says how often; `make test-spool` kills it 50 times.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

KILLS = int(os.environ.get("FRAMEMESH_KILLS", "5"))
SEED = 12
RUN_SECONDS = 60.0
"""For the last run, which sends all that is left."""

CAMERA = """
import asyncio, itertools, os, sys
from framemesh.sdk import AsyncCamera, Camera, CameraOptions, DiskSpool

face, address, folder, frames = sys.argv[1:]
options = CameraOptions(spool=DiskSpool(folder), close_timeout=60)
made = {"pipeline": "street", "name": "door", "options": options}
numbers = range(int(frames)) if int(frames) else itertools.count()

def taken(sequence, image):
    print(sequence, image.hex(), flush=True)

async def run():
    async with AsyncCamera(address, **made) as camera:
        for _ in numbers:
            image = os.urandom(8) * 500
            taken(await camera.send(image), image[:8])

if face == "asyncio":
    asyncio.run(run())
else:
    with Camera(address, **made) as camera:
        for _ in numbers:
            image = os.urandom(8) * 500
            taken(camera.send(image), image[:8])
"""


@asynccontextmanager
async def camera(*arguments: object) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CAMERA, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def told(output: bytes) -> dict[int, str]:
    """The frames that `send` returned a number for; a line that is torn was not told."""
    lines = [line.split() for line in output.decode().splitlines(keepends=True) if "\n" in line]
    return {int(number): image for number, image in lines}


@pytest.mark.timeout(60 + 20 * KILLS)
@pytest.mark.parametrize("face", ["threads", "asyncio"])
async def test_a_camera_that_is_killed_loses_no_frame_and_gives_no_number_twice(
    serve: Any, face: str, tmp_path: Path
) -> None:
    dice = random.Random(f"{SEED}{face}")  # noqa: S311

    answered: dict[int, int] = {}

    async def goes_and_comes(stream: Any) -> None:
        if dice.random() < 0.2:
            await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        await stream.open(frames=8)
        breaks_at = dice.randrange(20, 400)
        while (frame := await stream.receive()) is not None:
            if len(stream.frames) == breaks_at:
                await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "killed")
            if dice.random() < 0.9 or not stream.frames:
                await stream.acknowledge(*unanswered(stream))
        await stream.acknowledge(*unanswered(stream))
        assert frame is None

    def unanswered(stream: Any) -> list[int]:
        done = answered.get(id(stream), 0)
        answered[id(stream)] = len(stream.frames)
        return [frame.sequence for frame in stream.frames[done:]]

    ingest = await serve(goes_and_comes)
    taken: dict[int, str] = {}
    for _ in range(KILLS):
        async with camera(face, ingest.address, tmp_path, 0) as process:
            assert process.stdout is not None
            output = await process.stdout.readline()
            reading = asyncio.create_task(process.stdout.read())
            await asyncio.sleep(dice.uniform(0.0, 0.5))  # at any moment
            process.kill()
            output += await reading
        found = told(output)
        assert not found.keys() & taken.keys(), "a number was given twice"
        taken |= found
    async with camera(face, ingest.address, tmp_path, 10) as process, asyncio.timeout(RUN_SECONDS):
        output, _ = await process.communicate()
        assert process.returncode == 0
    taken |= told(output)

    first_seen: dict[int, str] = {}
    for stream in ingest.streams:
        assert stream.sequences == sorted(stream.sequences)
        for frame in stream.frames:
            image = first_seen.setdefault(frame.sequence, frame.image[:8].hex())
            assert image == frame.image[:8].hex(), "two frames under one number"
    assert len({stream.opening.session for stream in ingest.streams}) == 1
    assert list(first_seen) == sorted(first_seen), "the order is kept"
    assert taken.items() <= first_seen.items(), "a frame is lost"
    assert len(first_seen) - len(taken) <= 2 * KILLS, "killed between the write and its line"
