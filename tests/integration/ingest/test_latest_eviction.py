"""The policy `latest` on a full buffer that no worker empties."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.delivery import DeliverySpec, LatestSpec
from framemesh.core.pipeline.generation import Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.ingest.storing.backpressure_gate import POLL_SECONDS, BackpressureGate
from framemesh.ingest.storing.latest_eviction import EvictionDeps, LatestEviction
from framemesh.runtime.dataplane.data_plane import Sink
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import frames_stream, frames_subject
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.services.running import ingest, stand_pipeline
from tests.waiting import eventually

IMAGE_BYTES = 20_000
ROOM = 10
"""Frames that the buffer holds, about."""

FRAMES = 40
CAMERAS = ("north", "south")
CAMERAS_FRAMES = len(CAMERAS) * FRAMES


@pytest.fixture
async def small(nats_broker: Broker) -> PipelineSpec:
    spec = await stand_pipeline(nats_broker, shards=2)
    spec = replace(spec, delivery=DeliverySpec(latest=LatestSpec(1)))
    await PipelineStore(nats_broker).put(spec)
    stream = frames_stream(spec.name, 1, 0)
    config = (await nats_broker.request(f"$JS.API.STREAM.INFO.{stream}", {}))["config"]
    smaller = await nats_broker.request(
        f"$JS.API.STREAM.UPDATE.{stream}", {**config, "max_bytes": ROOM * IMAGE_BYTES}
    )
    assert "error" not in smaller
    return spec


async def test_a_newer_frame_takes_the_place_of_the_oldest_of_its_camera(
    small: PipelineSpec, nats_broker: Broker, nats_url: str
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with ingest(nats_url, address), asyncio.TaskGroup() as tasks:
        for name in CAMERAS:
            tasks.create_task(push(address, name))
    found = await stored(nats_broker, small)
    left = set(found.frames)
    superseded = [f"{o.frame.camera}/{o.frame.session}/{o.frame.sequence}" for o in found.outcomes]
    assert {o.fate for o in found.outcomes} == {outcome_pb2.FATE_SUPERSEDED}
    # Every frame is in the buffer or superseded, and none is both.
    assert len(set(superseded)) == len(superseded) == CAMERAS_FRAMES - len(left)
    assert not left.intersection(superseded)
    for name in CAMERAS:
        newest = sorted(int(f.split("/")[2]) for f in left if f.startswith(f"{name}/"))
        assert newest == list(range(FRAMES + 1 - len(newest), FRAMES + 1))
        assert newest


async def test_a_camera_that_has_none_takes_the_place_of_what_others_have_too_many_of(
    small: PipelineSpec, nats_broker: Broker, nats_url: str
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    others = [f"late-{number}" for number in range(3)]
    async with ingest(nats_url, address):
        await push(address, "early")
        for name in others:
            await push(address, name, frames=1)
    found = await stored(nats_broker, small)
    left = Counter(frame.split("/")[0] for frame in found.frames)
    assert [left[name] for name in others] == [1, 1, 1]
    assert {o.frame.camera for o in found.outcomes} == {"early"}
    assert len(found.outcomes) == FRAMES - left["early"]
    newest = sorted(int(f.split("/")[2]) for f in found.frames if f.startswith("early/"))
    assert newest == list(range(FRAMES + 1 - left["early"], FRAMES + 1))


async def test_what_is_no_frame_makes_room_too(
    small: PipelineSpec, nats_broker: Broker, nats_url: str
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    subject = frames_subject(Shard(small.name, 1, 0, 0), "stranger")
    await nats_broker.client.publish(subject, b"")
    for _ in range(2 * ROOM):
        await nats_broker.client.publish(subject, b"x" * IMAGE_BYTES)
    await nats_broker.client.flush()
    async with ingest(nats_url, address), asyncio.timeout(30):
        await push(address, "north", frames=3)


async def test_a_broker_that_refuses_to_remove_frames_is_polled_with_pauses(
    small: PipelineSpec, nats_broker: Broker
) -> None:
    """Without them, a frame that waits would be tried as fast as the broker answers."""
    stream = frames_stream(small.name, 1, 0)
    config = (await nats_broker.request(f"$JS.API.STREAM.INFO.{stream}", {}))["config"]
    locked = {**config, "deny_delete": True}
    assert "error" not in await nats_broker.request(f"$JS.API.STREAM.UPDATE.{stream}", locked)
    async with publisher(nats_broker) as publish, asyncio.timeout(20):
        sink = CountingSink(publish)
        deps = EvictionDeps(nats_broker, sink, "test", SystemClock())
        gate = BackpressureGate(sink)
        eviction = LatestEviction(small.name, stream, 1, deps)
        entering = asyncio.ensure_future(store_frames(gate, eviction, 2 * ROOM))
        with capture_logs() as logs:
            await eventually(lambda: logs)
            before, rounds = sink.attempts, 20
            await asyncio.sleep(rounds * POLL_SECONDS)
        assert not entering.done()
        # In each round the outcome of the frame that would go, and the frame that waits.
        assert 2 <= sink.attempts - before <= 2 * rounds + 2
        assert [entry["event"] for entry in logs] == ["frame is not evicted"]
        entering.cancel()


async def store_frames(gate: BackpressureGate, eviction: LatestEviction, count: int) -> None:
    for number in range(1, count + 1):
        frame = Frame(FrameId("north", "s", number), 0, b"x" * IMAGE_BYTES, 0)
        await gate.store(frame_message.to_message(Shard("street", 1, 0, 0), frame), eviction)


class CountingSink:
    """Counts how often it was asked to store."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.attempts = 0

    async def store(self, message: OutboundMessage) -> None:
        self.attempts += 1
        await self._sink.store(message)

    def begin_store(self, message: OutboundMessage) -> None:
        return None


async def push(address: str, name: str, frames: int = FRAMES) -> None:
    async with AsyncCamera(address, pipeline="street", name=name) as camera:
        for number in range(frames):
            await camera.send(jpeg(number, IMAGE_BYTES))
    assert camera.counts.accepted == frames
