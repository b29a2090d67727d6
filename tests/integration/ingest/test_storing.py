"""What ingest stores, and when it says so."""

import asyncio
import os
import signal
from pathlib import Path

import grpc.aio

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.messages.subjects import ledger_stream
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.ingest.conftest import CAPTURED, frame, jpeg, push, stored
from tests.integration.services.running import ingest, stand_pipeline

MANY = 24
SILENCE_SECONDS = 0.5
"""Without an answer: a hundred times what one takes."""


async def test_every_accepted_frame_is_stored_as_it_was_offered(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    opened = await camera.open()
    images = {sequence: jpeg(sequence) for sequence in range(1, 31)}
    assert opened.credit.frames >= len(images)
    await camera.send(*(frame(sequence, image) for sequence, image in images.items()))
    await camera.finish()
    assert sorted(camera.accepted) == list(images)
    found = await stored(nats_broker, pipeline)
    assert found.frames == {
        f"north/s1/{sequence}": (CAPTURED + sequence, image) for sequence, image in images.items()
    }
    assert found.recorded == list(images)
    assert not found.outcomes


async def test_what_many_cameras_send_at_once_is_on_record_together(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    cameras = [push(channel) for _ in range(MANY)]
    for number, camera in enumerate(cameras):
        await camera.open(camera=f"camera-{number}", session=f"s{number}")
    await asyncio.gather(*(camera.send(frame(1, jpeg(1))) for camera in cameras))
    for camera in cameras:
        await camera.answered(1)
    for camera in cameras:
        await camera.finish()
    assert [camera.accepted for camera in cameras] == [[1]] * MANY
    found = await stored(nats_broker, pipeline)
    assert sorted(found.accepted) == sorted((f"s{number}", 1, 1) for number in range(MANY))
    answer = await nats_broker.request(f"$JS.API.STREAM.INFO.{ledger_stream(pipeline.name)}", {})
    assert answer["state"]["messages"] < MANY / 2


async def test_a_frame_without_a_capture_time_gets_ours(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    request = frame(1, jpeg(1))
    request.frame.captured_unix_nano = 0
    await camera.send(request)
    await camera.finish()
    captured, _ = (await stored(nats_broker, pipeline)).frames["north/s1/1"]
    assert captured > CAPTURED


async def test_frames_are_acknowledged_only_once_they_are_stored(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with (
        running_nats_server(nats, tmp_path / "nats.log") as server,
        broker(nats.url, "test") as connected,
    ):
        spec = await stand_pipeline(connected)
        async with ingest(nats.url) as channel:
            camera = push(channel)
            await camera.open()
            await camera.send(frame(1, jpeg(1)))
            await camera.answered(1)
            os.kill(server.pid, signal.SIGSTOP)
            try:
                await camera.send(*(frame(n, jpeg(n)) for n in range(2, 12)))
                answering = asyncio.ensure_future(camera.answered(11))
                answered, _ = await asyncio.wait([answering], timeout=SILENCE_SECONDS)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            assert not answered
            assert camera.accepted == [1]
            await answering
            assert sorted(camera.accepted) == list(range(1, 12))
            await camera.finish()
        assert len((await stored(connected, spec)).frames) == 11


async def test_what_is_acknowledged_is_already_on_record(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    for first in range(1, 40, 8):
        await camera.send(*(frame(n, jpeg(n)) for n in range(first, first + 8)))
        while len(camera.accepted) < first + 7:
            await camera.take_answer()
            recorded = (await stored(nats_broker, pipeline)).recorded
            assert set(camera.accepted) <= set(recorded)


async def test_a_session_that_is_sent_again_is_stored_once_and_acknowledged_again(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    frames = [frame(n, b"no image" if n == 3 else jpeg(n)) for n in range(1, 11)]
    for _ in range(2):
        camera = push(channel)
        await camera.open()
        await camera.send(*frames)
        await camera.answered(10)
        assert list(camera.rejected) == [3]
        # Broken off, not ended.
        camera.call.cancel()
    found = await stored(nats_broker, pipeline)
    assert len(found.frames) == 9
    assert [outcome.frame.sequence for outcome in found.outcomes] == [3]


async def test_a_full_stream_holds_the_camera_back_without_loss(
    nats_broker: Broker, nats_url: str
) -> None:
    size, count = 1_000_000, 40
    await stand_pipeline(nats_broker, max_bytes=16 * 1024 * 1024, shards=1)
    async with ingest(nats_url) as channel:
        camera = push(channel)
        await camera.open()
        sending = asyncio.ensure_future(
            camera.send(*(frame(n, jpeg(n, size)) for n in range(1, count + 1)))
        )
        await camera.answered(16)
        answering = asyncio.ensure_future(camera.answered(count))
        answered, _ = await asyncio.wait([answering], timeout=SILENCE_SECONDS)
        assert not answered
        worker = await nats_broker.client.jetstream().pull_subscribe_bind(
            "shard-1-0", "FRAMES-street-1-0"
        )
        taken: list[str] = []
        while len(taken) < count:
            for message in await worker.fetch(4, timeout=5):
                taken.append((message.headers or {})["Nats-Msg-Id"])
                await message.ack()
        await asyncio.gather(sending, answering)
        assert sorted(taken) == sorted(f"north/s1/{n}" for n in range(1, count + 1))
        await camera.finish()
