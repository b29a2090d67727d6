"""The process of a camera is killed again and again while its streams break."""

import asyncio
import random
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.spooled_camera import KILLS, killed_after, spooled_camera, taken, token

SEED = 12
LAST_RUN_SECONDS = 60.0
"""For all that is left."""


@pytest.mark.timeout(60 + 20 * KILLS)
@pytest.mark.parametrize("face", ["threads", "asyncio"])
async def test_a_camera_that_is_killed_loses_no_frame_and_gives_no_number_twice(
    serve: Any, face: str, tmp_path: Path
) -> None:
    dice = random.Random(f"{SEED}{face}")  # noqa: S311
    answered: dict[int, int] = {}

    def unanswered(stream: Any) -> list[int]:
        done = answered.get(id(stream), 0)
        answered[id(stream)] = len(stream.frames)
        return [frame.sequence for frame in stream.frames[done:]]

    async def goes_and_comes(stream: Any) -> None:
        if dice.random() < 0.2:
            await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        await stream.open(frames=8)
        breaks_at = dice.randrange(20, 400)
        while await stream.receive() is not None:
            if len(stream.frames) == breaks_at:
                await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "killed")
            if dice.random() < 0.9:
                await stream.acknowledge(*unanswered(stream))
        await stream.acknowledge(*unanswered(stream))

    ingest = await serve(goes_and_comes)
    image, folder = tmp_path / "image", tmp_path / "spool"
    image.write_bytes(bytes(4000))
    told: dict[int, str] = {}
    for _ in range(KILLS):
        async with spooled_camera(face, ingest.address, folder, image) as process:
            found = await killed_after(process, dice.uniform(0.0, 0.5))
        assert not found.keys() & told.keys(), "a number was given twice"
        told |= found
    async with (
        spooled_camera(face, ingest.address, folder, image, 10) as process,
        asyncio.timeout(LAST_RUN_SECONDS),
    ):
        output, _ = await process.communicate()
        assert process.returncode == 0
    told |= taken(output)

    first_seen: dict[int, str] = {}
    for stream in ingest.streams:
        assert stream.sequences == sorted(stream.sequences)
        for frame in stream.frames:
            seen = first_seen.setdefault(frame.sequence, token(frame.image))
            assert seen == token(frame.image), "two frames under one number"
    assert len({stream.opening.session for stream in ingest.streams}) == 1
    assert list(first_seen) == sorted(first_seen), "the order is kept"
    assert told.items() <= first_seen.items(), "a frame is lost"
    assert len(first_seen) - len(told) <= 2 * KILLS, "killed between the write and its line"
