"""Whatever comes on streams of Push, in whatever order: each ends with a status that says why, what
was acknowledged is stored once and on record, others are served, and memory stays.

`make fuzz` sends a million messages; `FRAMEMESH_FUZZ_SEED` repeats one run.
"""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import psutil
import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.frame import FrameId
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages.subjects import frames_stream, ledger_stream
from tests.integration.ingest.conftest import frame, jpeg, push, stored
from tests.integration.ingest.limited import limited
from tests.integration.ingest.push_messages import Stream, streams

MESSAGES = int(os.environ.get("FRAMEMESH_FUZZ_MESSAGES", "5000"))
SEED = int(os.environ.get("FRAMEMESH_FUZZ_SEED", "12"))

ROUND = 10_000
"""Messages after which what is stored is compared and removed."""

AT_ONCE = 16
STREAM_SECONDS = 30.0

MIB = 1024 * 1024
GROWTH = 32 * MIB
"""Of the process, over all rounds but the first."""

SECONDS_A_MESSAGE = 0.005
"""Ten times what one takes."""

PUSH = "/framemesh.api.ingest.v1.IngestService/Push"

TOLD = {
    None,
    grpc.StatusCode.OK,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
}
"""What a client can act on. UNKNOWN is a fault of ours."""

RACE = "Internal error from Core"
"""What the library of the client says where it writes at the moment when the server ends the call,
and how that ended is lost."""


async def status(
    channel: grpc.aio.Channel, stream: Stream, accepted: set[tuple[str, int]]
) -> grpc.StatusCode | None:
    """Send a stream whatever is answered; returns how it ends, and adds what was acknowledged.

    None: the client does not know.
    """
    call: Any = channel.stream_stream(
        PUSH, response_deserializer=ingest_pb2.PushResponse.FromString
    )()

    async def read() -> None:
        async for answer in call:
            numbers = answer.acknowledgement.accepted
            accepted.update((stream.session, each) for each in numbers)

    async with asyncio.timeout(STREAM_SECONDS):
        reading = asyncio.ensure_future(read())
        try:
            for message in stream.messages:
                await call.write(message)
            if not stream.cancels:
                await call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # It ended.
        if stream.cancels:
            call.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        code: grpc.StatusCode = await call.code()
        return None if await call.details() == RACE else code


@pytest.fixture
async def open_to_all(nats_url: str, pipeline: PipelineSpec) -> AsyncIterator[grpc.aio.Channel]:
    async with limited(nats_url) as (_, channel):
        yield channel


async def run_round(
    channel: grpc.aio.Channel, seed: int, messages: int
) -> tuple[Counter[grpc.StatusCode | None], set[tuple[str, int]]]:
    """How the streams of one seed ended, and session and number of what was acknowledged."""
    ends: Counter[grpc.StatusCode | None] = Counter()
    accepted: set[tuple[str, int]] = set()
    waiting = await asyncio.to_thread(streams, seed, messages)

    async def send() -> None:
        while waiting:
            stream = waiting.pop()
            code = await status(channel, stream, accepted)
            assert code in TOLD, (seed, stream, code)
            ends[code] += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(send())
    return ends, accepted


async def purge(broker: Broker, pipeline: PipelineSpec) -> None:
    frames = [frames_stream(pipeline.name, 1, index) for index in range(pipeline.buffer.streams)]
    for stream in (*frames, ledger_stream(pipeline.name)):
        await broker.request(f"$JS.API.STREAM.PURGE.{stream}", {})


@pytest.mark.timeout(60 + MESSAGES * SECONDS_A_MESSAGE)
async def test_whatever_comes_is_answered_and_what_was_acknowledged_is_there(
    open_to_all: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    ends: Counter[grpc.StatusCode | None] = Counter()
    process, grown = psutil.Process(), 0
    for number, left in enumerate(range(MESSAGES, 0, -ROUND), start=1):
        ended, accepted = await run_round(open_to_all, SEED + number, min(left, ROUND))
        ends += ended
        camera = push(open_to_all)
        await camera.open(session="good")
        await camera.send(frame(number, jpeg(number)))
        await camera.finish()
        assert camera.accepted == [number]
        found = await stored(nats_broker, pipeline)
        names = map(FrameId.parse, found.frames)
        there = {(frame.session, frame.sequence) for frame in names}
        # What was stored when its stream ended is on record once its camera sends it again.
        recorded = {(s, n) for s, first, last in found.accepted for n in range(first, last + 1)}
        assert accepted <= recorded <= there
        await purge(nats_broker, pipeline)
        gc.collect()
        grown = grown or process.memory_info().rss
    assert process.memory_info().rss - grown < GROWTH
    assert ends[grpc.StatusCode.OK] > 0
    assert ends[grpc.StatusCode.INVALID_ARGUMENT] > 0
