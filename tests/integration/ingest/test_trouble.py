"""Ingest while its cameras, its broker and its pipelines misbehave."""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import psutil
import pytest
from structlog.testing import capture_logs

import framemesh.ingest.app
from framemesh.core.frame import FrameId
from framemesh.core.pipeline.delivery import DeliverySpec, LatestSpec, Order
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.sharding import rotating_shard, rotation_start
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.ingest.settings import Settings
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import DRAIN_TIMEOUT_SECONDS
from tests.integration.ingest.conftest import Push, frame, jpeg, push, stored
from tests.integration.services.running import (
    MIB,
    ingest,
    remove_pipeline,
    serving,
    stand_pipeline,
    status_of,
)
from tests.waiting import eventually

NOT_FOUND = grpc.StatusCode.NOT_FOUND
NOTICE_SECONDS = 1.0
"""Within which a session hears that its pipeline was changed."""

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@asynccontextmanager
async def stopped(server: Child) -> AsyncIterator[None]:
    """The server does nothing for as long as the context lasts."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def test_a_camera_that_ignores_its_credit_cannot_make_ingest_grow(
    nats: NatsServer, tmp_path: Path
) -> None:
    image = jpeg(1, MIB)
    async with (
        running_nats_server(nats, tmp_path / "nats.log") as server,
        broker(nats.url, "test") as connected,
    ):
        spec = await stand_pipeline(connected, max_bytes=400 * MIB)
        async with ingest(nats.url) as channel:
            camera = push(channel)

            async def send_all() -> None:
                for number in range(1, 301):
                    await camera.send(frame(number, image))

            credit = (await camera.open()).credit
            async with stopped(server):
                before = psutil.Process().memory_info().rss
                sending = asyncio.ensure_future(send_all())
                _, waiting = await asyncio.wait([sending], timeout=1)
                grown = psutil.Process().memory_info().rss - before
            assert waiting, "300 MB were taken"
            # The credit, once in ingest and once on its way to the broker; what gRPC has on the
            # way; and the camera, which is in this process too.
            assert grown < 2 * credit.bytes + 32 * MIB
            answering = asyncio.ensure_future(camera.answered(300))
            await asyncio.gather(sending, answering)
            assert sorted(camera.accepted) == list(range(1, 301))
            await camera.finish()
        assert (await stored(connected, spec)).recorded == list(range(1, 301))


async def push_all(address_of: grpc.aio.Channel, images: dict[int, bytes]) -> None:
    """As a camera does: what is unanswered when a stream breaks is sent again on the next."""
    unanswered = dict(images)
    while unanswered:
        camera = push(address_of)
        with contextlib.suppress(grpc.aio.AioRpcError, EOFError):
            await camera.open()
            for start in range(0, len(unanswered), 16):
                part = list(unanswered.items())[start : start + 16]
                await camera.send(*(frame(n, image) for n, image in part))
                await camera.answered(start + len(part))
        for sequence in camera.accepted:
            del unanswered[sequence]


async def test_nothing_is_lost_or_stored_twice_when_the_broker_is_killed(
    nats: NatsServer, tmp_path: Path
) -> None:
    images = {n: jpeg(n, 20_000) for n in range(1, 801)}
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as first, broker(nats.url, "test") as connected:
        spec = await stand_pipeline(connected)
        async with ingest(nats.url) as channel:
            pushing = asyncio.ensure_future(push_all(channel, images))
            stream = f"$JS.API.STREAM.INFO.FRAMES-{spec.name}-1-0"

            async def some_are_stored() -> bool:
                answer = await connected.request(stream, {})
                return int(answer["state"]["messages"]) > 100

            await eventually(some_are_stored)
            first.kill()
            await first.wait()
            assert not pushing.done()
            async with running_nats_server(nats, log):
                await pushing
                found = await stored(connected, spec)
                await connected.close()
    assert {name: image for name, (_, image) in found.frames.items()} == {
        f"north/s1/{n}": image for n, image in images.items()
    }
    assert set(found.recorded) == set(images)


async def test_a_pipeline_that_is_deleted_ends_its_sessions(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(frame(1, jpeg(1)))
    await camera.answered(1)
    await remove_pipeline(nats_broker, pipeline)
    await camera.send(frame(2, jpeg(2)))
    code, line = await status_of(camera.answered(2))
    assert code is NOT_FOUND
    assert line.startswith("no pipeline is named 'street'")


async def test_a_pipeline_that_is_made_anew_with_fewer_shards_has_its_sessions_opened_again(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(frame(1, jpeg(1)))
    await camera.answered(1)
    # As where the deletion and the new pipeline are one change to ingest.
    await BufferProvisioner(nats_broker).delete("street", [Generation.of(1, pipeline)])
    await stand_pipeline(nats_broker, shards=1)
    start = rotation_start("north", "s1")
    lost = next(n for n in (2, 3) if rotating_shard(start, FrameId("north", "s1", n), 2) == 1)
    # One frame alone: gRPC does not tell why a stream ended to whoever still writes to it.
    await camera.send(frame(lost, jpeg(lost)))
    code, line = await status_of(camera.answered(2))
    assert code is UNAVAILABLE
    assert "open the session again" in line


@pytest.mark.parametrize("before", [DeliverySpec(), DeliverySpec(latest=LatestSpec(1))])
async def test_a_pipeline_whose_policy_changes_has_its_sessions_opened_again(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec, before: DeliverySpec
) -> None:
    pipeline = replace(pipeline, delivery=before)
    await PipelineStore(nats_broker).put(pipeline)
    camera = push(channel)
    await camera.open()

    async def send_for_ever() -> None:
        for number in itertools.count(1):
            await camera.send(frame(number, jpeg(number)))
            await camera.answered(number)

    sending = asyncio.ensure_future(status_of(send_for_ever()))
    workers = replace(pipeline, workers=WorkersSpec(min=7))
    await PipelineStore(nats_broker).put(workers)
    ended, _ = await asyncio.wait([sending], timeout=NOTICE_SECONDS)
    assert not ended, "this is no concern of cameras"
    ordered = replace(workers, delivery=DeliverySpec(order=Order.PER_CAMERA))
    await PipelineStore(nats_broker).put(ordered)
    assert await sending == (
        UNAVAILABLE,
        "pipeline 'street' was changed: open the session again",
    )
    found = await stored(nats_broker, pipeline)
    assert found.recorded == camera.accepted == list(range(1, len(found.frames) + 1))


async def test_cameras_that_break_off_leave_nothing_behind(
    nats_broker: Broker, nats_url: str
) -> None:
    async def break_off(channel: grpc.aio.Channel, number: int) -> None:
        camera = push(channel)
        await camera.open(camera=f"camera-{number}")
        await camera.send(*(frame(n, jpeg(n, 500_000)) for n in range(1, 9)))
        camera.call.cancel()

    await stand_pipeline(nats_broker, max_bytes=400 * MIB)
    with capture_logs() as logs:
        async with ingest(nats_url) as channel:
            # 160 MB: were only a part of it never given back, the last camera would wait for ever.
            for start in range(0, 40, 8):
                await asyncio.gather(*(break_off(channel, start + n) for n in range(8)))
            camera = push(channel)
            await camera.open()
            await camera.send(*(frame(n, jpeg(n, 400_000)) for n in range(1, 17)))
            await camera.answered(16)
    assert not [entry for entry in logs if entry["log_level"] == "error"]


@asynccontextmanager
async def draining(nats_url: str) -> AsyncIterator[tuple[Push, asyncio.Event]]:
    """An open session of an ingest, and what tells that ingest to stop."""
    settings = Settings(nats=nats_url, listen=f"127.0.0.1:{free_block(1)}")
    async with (
        channel_to(settings.listen, max_message_bytes=32 * MIB) as connected,
        serving(framemesh.ingest.app.run, settings, settings.listen) as stop,
    ):
        camera = push(connected)
        await camera.open()
        yield camera, stop


async def test_a_drain_answers_what_was_taken_and_sends_the_cameras_elsewhere(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec
) -> None:
    async with asyncio.timeout(DRAIN_TIMEOUT_SECONDS / 2), draining(nats_url) as (camera, stop):
        await camera.send(*(frame(n, jpeg(n)) for n in range(1, 9)))
        await camera.answered(1)
        stop.set()
        code, line = await status_of(camera.answered(100))
    assert (code, line) == (UNAVAILABLE, "the server is shutting down: call again")
    found = await stored(nats_broker, pipeline)
    assert {f"north/s1/{n}" for n in camera.accepted} == set(found.frames)
