"""A pipeline that keeps the order of its cameras, with a buffer that is nearly always full."""

import asyncio
import contextlib
import random
from collections import defaultdict
from dataclasses import replace
from functools import partial

from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.sharding import camera_shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages.subjects import frames_stream, shard_consumer, shard_stream
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.integration.ingest.conftest import jpeg
from tests.integration.services.running import stand_pipeline
from tests.waiting import eventually

IMAGE_BYTES = 20_000
BUFFER_BYTES = 8 * IMAGE_BYTES
"""Room for seven frames with their headers, and a camera has 32 under way."""

CAMERAS = ("north", "south", "east")
FRAMES = 150

ALL_SECONDS = 60.0
"""For all of them, with an ingest that is started three times."""


async def stand_ordered(nats_broker: Broker) -> PipelineSpec:
    """The pipeline `street`, in the order of its cameras, with a buffer that is nearly always
    full."""
    spec = await stand_pipeline(nats_broker, shards=4)
    spec = replace(spec, delivery=DeliverySpec(order=Order.PER_CAMERA))
    await PipelineStore(nats_broker).put(spec)
    stream = frames_stream(spec.name, 1, 0)
    config = (await nats_broker.request(f"$JS.API.STREAM.INFO.{stream}", {}))["config"]
    smaller = await nats_broker.request(
        f"$JS.API.STREAM.UPDATE.{stream}", {**config, "max_bytes": BUFFER_BYTES}
    )
    assert "error" not in smaller
    return spec


class Consumer:
    """Takes frames out now and then, a few at a time, and notes what it got."""

    def __init__(self, nats: Broker, spec: PipelineSpec, seed: int) -> None:
        self._nats = nats
        self._spec = spec
        self._chance = random.Random(seed)  # noqa: S311
        self.taken: dict[str, list[int]] = defaultdict(list)
        """The sequence numbers of each camera, in the order of the stream."""
        self.shards: dict[str, set[int]] = defaultdict(set)

    @property
    def count(self) -> int:
        return sum(map(len, self.taken.values()))

    def has(self, count: int) -> bool:
        return self.count >= count

    async def take(self, count: int) -> None:
        """Until so many frames have come."""
        async with asyncio.TaskGroup() as tasks:
            taking = [
                tasks.create_task(self._take_from(shard))
                for shard in Generation.of(1, self._spec).all_shards(self._spec.name)
            ]
            await eventually(partial(self.has, count), ALL_SECONDS)
            for task in taking:
                task.cancel()

    async def _take_from(self, shard: Shard) -> None:
        worker = await self._nats.client.jetstream().pull_subscribe_bind(
            shard_consumer(shard), shard_stream(shard)
        )
        while True:
            with contextlib.suppress(TimeoutError):
                for message in await worker.fetch(self._chance.randint(1, 6), timeout=1):
                    camera, _, sequence = (message.headers or {})["Nats-Msg-Id"].split("/")
                    self.taken[camera].append(int(sequence))
                    self.shards[camera].add(shard.number)
                    await message.ack()
            await asyncio.sleep(self._chance.choice([0, 0.001, 0.03]))


async def push(address: str, name: str) -> None:
    async with AsyncCamera(
        address, pipeline="street", name=name, options=CameraOptions(connect_timeout=20)
    ) as camera:
        for number in range(FRAMES):
            await camera.send(jpeg(number, IMAGE_BYTES))


def in_order(consumer: Consumer, spec: PipelineSpec) -> None:
    assert consumer.taken == {name: list(range(1, FRAMES + 1)) for name in CAMERAS}
    shards = spec.buffer.total_shards
    assert consumer.shards == {name: {camera_shard(name, shards)} for name in CAMERAS}
