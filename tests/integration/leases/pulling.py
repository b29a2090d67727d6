"""A holder's pull, reduced to what the tests look at."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.puller import Puller, puller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.leases.takeover import ExclusiveConsumer
from framemesh.runtime.messages.subjects import frames_subject

LIMITS = PullLimits(messages=32, bytes=16 * 1024**2)


class Pulled:
    """The frames that came, in that order."""

    def __init__(self) -> None:
        self.deliveries: list[ReceivedMessage] = []
        self.gone = asyncio.Event()
        """The consumer was deleted."""
        self._came = asyncio.Event()

    @property
    def sequences(self) -> list[int]:
        return [delivery.sequence for delivery in self.deliveries]

    def add(self, delivery: ReceivedMessage) -> None:
        self.deliveries.append(delivery)
        self._came.set()

    async def until(self, count: int) -> list[int]:
        """Wait for so many; returns the sequences of all that came."""
        async with asyncio.timeout(5):
            while len(self.deliveries) < count:
                self._came.clear()
                await self._came.wait()
        return self.sequences


@asynccontextmanager
async def pulling(broker: Broker, consumer: ExclusiveConsumer) -> AsyncIterator[Pulled]:
    pulled = Pulled()
    async with (
        puller(
            broker,
            consumer.stream,
            consumer.name,
            limits=LIMITS,
            deliver=pulled.add,
            clock=SystemClock(),
        ) as pull,
        background_task(_run(pull, pulled)),
    ):
        yield pulled


async def _run(pull: Puller, pulled: Pulled) -> None:
    with contextlib.suppress(ConsumerGone):
        await pull.run()
    pulled.gone.set()


async def publish(broker: Broker, shard: Shard, count: int) -> None:
    """Store frames, reduced to their subjects."""
    for _ in range(count):
        answer = await broker.client.request(frames_subject(shard, "door"), b"frame", 5)
        assert "error" not in json.loads(answer.data)
