"""Clients cannot open streams without end."""

from collections.abc import AsyncIterator
from functools import partial

import grpc
import grpc.aio
import pytest

import framemesh.ingest.app
import framemesh.ingest.servicer
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.ingest.settings import Settings
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.rpc.stream_timeouts import first_message
from tests.integration.ingest.conftest import frame, jpeg, push
from tests.integration.services.running import serving, status_of
from tests.waiting import eventually

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
OK = grpc.StatusCode.OK


@pytest.fixture
async def bounded(nats_url: str, pipeline: PipelineSpec) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to an ingest that takes four streams, two of them of one camera."""
    settings = Settings(
        nats=nats_url,
        listen=f"127.0.0.1:{free_block(1)}",
        max_streams=4,
        max_sessions_per_camera=2,
    )
    async with (
        serving(framemesh.ingest.app.run, settings, settings.listen),
        channel(settings.listen) as connected,
    ):
        yield connected


async def test_a_camera_has_as_many_sessions_as_it_may_and_another_when_one_ends(
    bounded: grpc.aio.Channel,
) -> None:
    first, second = push(bounded), push(bounded)
    await first.open(session="s1")
    await second.open(session="s2")
    code, line = await status_of(push(bounded).open(session="s3"))
    assert code is EXHAUSTED
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
    code, line = await status_of(push(bounded).open())
    assert code is EXHAUSTED
    assert line.startswith("this ingest has its 4 streams: call again later")
    for stream in silent:
        code, line = await status_of(stream.take_answer())
        assert (code, line) == (
            grpc.StatusCode.UNAVAILABLE,
            "no first message within 1 s: send it at once",
        )
    await push(bounded).open()
