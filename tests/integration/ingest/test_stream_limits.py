"""Clients cannot open streams without end."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import grpc
import grpc.aio
import psutil
import pytest

import framemesh.ingest.servicer
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.rpc.stream_timeouts import first_message
from tests.integration.ingest.conftest import Push, frame, jpeg, push
from tests.integration.ingest.limited import limited, refusals
from tests.integration.services.running import status_of
from tests.waiting import eventually

MIB = 1024 * 1024
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
OK = grpc.StatusCode.OK


async def end_of_opening(stream: Push, **opening: str) -> tuple[grpc.StatusCode, str]:
    """Open a session, which stays open; else its status as the server gave it, which a write that
    comes after that does not tell."""
    code, _ = await status_of(stream.open(**opening))
    if code is OK:
        return OK, ""
    return await stream.call.code(), await stream.call.details() or ""


async def refusal(connected: grpc.aio.Channel, **opening: str) -> str:
    """The line with which one stream more is refused.

    A client of grpc.aio that writes just as its call ends makes INTERNAL of the server's status: it
    opens another one.
    """
    while True:
        code, line = await end_of_opening(push(connected), **opening)
        if code is not grpc.StatusCode.INTERNAL:
            assert code is EXHAUSTED
            return line


@pytest.fixture
async def bounded(nats_url: str, pipeline: PipelineSpec) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to an ingest that takes four streams, two of them of one camera."""
    async with limited(nats_url, max_streams=4, max_sessions_per_camera=2) as (_, connected):
        yield connected


async def test_a_camera_has_as_many_sessions_as_it_may_and_another_when_one_ends(
    bounded: grpc.aio.Channel,
) -> None:
    first, second = push(bounded), push(bounded)
    await first.open(session="s1")
    await second.open(session="s2")
    line = await refusal(bounded, session="s3")
    assert line.startswith("camera 'north' has 2 open sessions: end one before the next")
    # Those that are open are not disturbed, nor are other cameras.
    await first.send(frame(1, jpeg(1)))
    await first.answered(1)
    other = push(bounded)
    await other.open(camera="south")
    await first.finish()

    async def opens() -> bool:
        return (await status_of(push(bounded).open(session="s3")))[0] is OK

    await eventually(opens)


async def test_streams_that_open_no_session_are_counted_and_end(
    bounded: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        framemesh.ingest.servicer, "first_message", partial(first_message, seconds=1.0)
    )
    silent = [push(bounded) for _ in range(4)]
    for stream in silent:
        await stream.call.wait_for_connection()
    line = await refusal(bounded)
    assert line.startswith("this ingest has its 4 streams: call again later")
    for stream in silent:
        code, line = await status_of(stream.take_answer())
        assert (code, line) == (
            grpc.StatusCode.UNAVAILABLE,
            "no first message within 1 s: send it at once",
        )
    await push(bounded).open()


async def test_one_client_leaves_room_for_others(nats_url: str, pipeline: PipelineSpec) -> None:
    async with limited(nats_url, max_streams=20, max_streams_per_client=5) as (meter, connected):
        opened = [push(connected) for _ in range(5)]
        for number, stream in enumerate(opened):
            await stream.open(camera=f"c{number}")
        for number in range(40):
            line = await refusal(connected, camera=f"d{number}")
            assert line.startswith("127.0.0.1 has 5 streams here: end one before the next")
        # They are not disturbed.
        for stream in opened:
            await stream.send(frame(1, jpeg(1)))
            await stream.finish()
        assert refusals(meter)["too_many_of_client"] >= 40


@pytest.mark.loop_limit(3.0)
@pytest.mark.parametrize("streams", [3_000, pytest.param(10_000, marks=pytest.mark.long)])
async def test_thousands_of_streams_are_refused_and_others_go_on(
    nats_url: str, pipeline: PipelineSpec, streams: int
) -> None:
    async with limited(nats_url, max_streams=200, max_streams_per_client=100) as (meter, connected):
        good = push(connected)
        await good.open(camera="good")
        before = psutil.Process().memory_info().rss
        for start in range(0, streams, 500):
            calls = [push(connected) for _ in range(500)]
            opening = [end_of_opening(call, camera=f"c{start + n}") for n, call in enumerate(calls)]
            answers = await asyncio.gather(*opening)
            assert sum(code is OK for code, _ in answers) <= 99
            for call in calls:
                call.call.cancel()
            await good.send(frame(1 + start, jpeg(1)))
            await good.answered(1 + start // 500)
        # The clients are in this process too.
        assert psutil.Process().memory_info().rss - before < 100 * MIB
        assert refusals(meter)["too_many_of_client"] >= streams - streams // 500 * 100
