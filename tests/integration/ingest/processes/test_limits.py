"""The limits of an ingest are those of all its processes together."""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import grpc

from framemesh.core.pipeline.spec import PipelineSpec
from tests.integration.ingest.conftest import Push, frame, jpeg
from tests.integration.ingest.processes.several import Streams, several
from tests.integration.services.running import status_of
from tests.waiting import eventually

MAX_STREAMS = 6


async def opens(stream: Push, **opening: str) -> str:
    """Empty, or the line with which it is refused."""
    code, _ = await status_of(stream.open(**opening))
    if code is grpc.StatusCode.OK:
        return ""
    return await stream.call.details() or "?"


async def fill(streams: Streams, taken: int = 0) -> tuple[list[Push], str]:
    """Open sessions of cameras until one is refused; those, and the line."""
    opened: list[Push] = []
    while True:
        stream = await streams.one()
        line = await opens(stream, camera=f"c{taken + len(opened)}")
        if line == "?":
            continue  # the client tells the status of its own write
        if line:
            return opened, line
        opened.append(stream)


async def test_all_processes_together_have_as_many_streams_as_there_may_be(
    nats_url: str, pipeline: PipelineSpec, tmp_path: Path, stack: AsyncExitStack
) -> None:
    async with several(nats_url, tmp_path, max_streams=str(MAX_STREAMS)) as ingest:
        running = await ingest.serves()
        streams = Streams(ingest, stack)
        opened, line = await fill(streams)
        assert len(opened) == MAX_STREAMS
        assert line.startswith(f"this ingest has its {MAX_STREAMS} streams: call again later")
        # Those of a process that ended are free again, and those of the other are not.
        victim = max(ingest.cameras(), key=ingest.cameras().__getitem__)
        os.kill(running[victim], signal.SIGKILL)
        await ingest.serves(other_than={0: running[victim]})
        left = sum(not stream.call.done() for stream in opened)
        again, _ = await fill(streams, MAX_STREAMS)
        assert left + len(again) == MAX_STREAMS


async def test_a_camera_has_as_many_sessions_as_it_may_in_all_processes(
    nats_url: str, pipeline: PipelineSpec, tmp_path: Path, stack: AsyncExitStack
) -> None:
    async with several(nats_url, tmp_path, max_sessions_per_camera="2") as ingest:
        await ingest.serves()
        streams = Streams(ingest, stack)
        each = await streams.opened_at_each("north")
        for _ in range(4):
            line = await opens(await streams.one(), session="s9")
            assert line.startswith(("camera 'north' has 2 open sessions: end one before", "?"))
        await each[2].finish()

        async def opens_another() -> bool:
            return not await opens(await streams.one(), session="s9")

        await eventually(opens_another)


async def test_a_camera_is_held_to_one_rate_in_all_processes(
    nats_url: str, pipeline: PipelineSpec, tmp_path: Path, stack: AsyncExitStack
) -> None:
    async with several(nats_url, tmp_path, max_frames_per_second="5") as ingest:
        await ingest.serves()
        each = await Streams(ingest, stack).opened_at_each("north")
        began = time.monotonic()

        async def send(stream: Push) -> None:
            for sequence in range(1, 11):
                await stream.send(frame(sequence, jpeg(sequence)))
            await stream.answered(10)

        await asyncio.gather(*map(send, each.values()))
        # Twenty, of which five at once, and five a second: each with its own would take 1 s.
        assert time.monotonic() - began > 2.5
