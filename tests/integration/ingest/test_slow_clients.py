"""Clients that hold a stream and do nothing with it, over real sockets."""

import asyncio
import time
from functools import partial

import pytest

import framemesh.ingest.servicer
from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.stream_timeouts import MessageWriter, first_message
from tests.integration.ingest.conftest import frame, jpeg, push
from tests.integration.ingest.limited import limited, refusals, throttled
from tests.integration.services.running import status_of
from tests.raw_http2 import raw_call
from tests.waiting import eventually

PATH = "/framemesh.api.ingest.v1.IngestService/Push"
OPEN = ingest_pb2.PushRequest(
    open=ingest_pb2.OpenSession(pipeline="street", camera="slow", session="s1")
).SerializeToString()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second of patience."""
    servicer = framemesh.ingest.servicer
    monkeypatch.setattr(servicer, "first_message", partial(first_message, seconds=1.0))
    monkeypatch.setattr(servicer, "MessageWriter", partial(MessageWriter, seconds=1.0))


@pytest.mark.usefixtures("quick")
async def test_one_that_says_its_first_message_byte_by_byte_is_ended(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with limited(nats_url, listen=address) as (meter, other), raw_call(address) as call:
        await call.begin(PATH)
        ending = asyncio.ensure_future(call.ended())
        for byte in range(5):
            await call.send(OPEN, byte, byte + 1)
            await asyncio.wait([ending], timeout=0.3)
        async with asyncio.timeout(10):
            await ending
        assert refusals(meter) == {"silent": 1}
        camera = push(other)
        await camera.open()


async def test_one_that_sends_half_a_frame_is_ended_after_its_silence(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with (
        limited(nats_url, listen=address, max_silence_seconds=1.0) as (meter, _),
        raw_call(address) as call,
    ):
        await call.begin(PATH)
        await call.send(OPEN)
        await call.send(frame(1, jpeg(1)).SerializeToString(), end=100)
        async with asyncio.timeout(10):
            await call.ended()
        assert refusals(meter) == {"silent": 1}


@pytest.mark.usefixtures("quick")
async def test_one_that_never_reads_is_ended(nats_url: str, pipeline: PipelineSpec) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with limited(nats_url, listen=address) as (meter, other), raw_call(address) as call:
        await call.begin(PATH, window=0)
        await call.send(OPEN)
        await eventually(lambda: refusals(meter) == {"silent": 1})
        camera = push(other)
        await camera.open()
        await camera.send(frame(1, jpeg(1)))
        await camera.finish()
        assert camera.accepted == [1]


async def test_a_camera_that_says_nothing_for_long_is_asked_to_call_again(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    async with limited(nats_url, max_silence_seconds=0.5) as (_, connected):
        camera = push(connected)
        await camera.open()
        code, line = await status_of(camera.take_answer())
        assert (code.name, line) == ("UNAVAILABLE", "nothing came for 0.5 s: call again")


async def test_a_camera_is_held_to_its_frames_and_told_so(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    async with limited(nats_url, max_frames_per_second=20) as (meter, connected):
        fast, other = push(connected), push(connected)
        await fast.open(camera="fast")
        await other.open(camera="other")
        began = time.monotonic()
        await fast.send(*(frame(n, jpeg(n)) for n in range(1, 41)))
        await other.send(frame(1, jpeg(1)))
        await other.answered(1)
        assert time.monotonic() - began < 0.9, "others do not wait for it"
        await fast.finish()
        assert time.monotonic() - began > 0.95, "20 at once, and 20 in a second"
        assert throttled(meter) == pytest.approx(20, abs=3)
        assert fast.hints[-1].frames_per_second == 20
        assert not other.hints


async def test_a_camera_is_held_to_its_bytes_in_all_its_sessions(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    async with limited(nats_url, max_bytes_per_second=100_000) as (meter, connected):
        began = time.monotonic()
        for session in ("a", "b", "c"):
            camera = push(connected)
            await camera.open(session=session)
            await camera.send(*(frame(n, jpeg(n, 10_000)) for n in range(1, 9)))
            await camera.finish()
        # 240 kB: 100 at once.
        assert time.monotonic() - began > 1.3
        assert throttled(meter) > 5
