"""The two data planes, each with streams and time of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.dataplane.data_plane import DataPlane, Pull, PullLimits
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, broker
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from framemesh.runtime.memory.config import ConsumerConfig, Retention, StreamConfig
from framemesh.runtime.memory.memory_plane import MemoryPlane
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from tests.hand_clock import HandClock

NANO = 1_000_000_000
MIB = 1024 * 1024

QUEUE = StreamConfig("TEST", ("test.>",), Retention.WORK_QUEUE, max_bytes=1_000_000)
ALL = ConsumerConfig("all", ack_seconds=0.5)
LIMITS = PullLimits(messages=16, bytes=MIB)

SECONDS = 10.0
"""For whatever must come; it comes within milliseconds."""


class World(Protocol):
    """A data plane, and what no part of it does."""

    plane: DataPlane

    async def provision(self, stream: StreamConfig, *consumers: ConsumerConfig) -> None:
        """Make a stream and its consumers."""

    async def add_consumer(self, stream: str, consumer: ConsumerConfig) -> None:
        """Make a consumer of a stream that is there."""

    async def delete(self, stream: str) -> None: ...

    async def stored(self, stream: str) -> int:
        """How many messages are in a stream."""
        ...

    async def pass_seconds(self, seconds: float) -> None:
        """Let time pass, as consumers and streams see it."""

    async def rest(self) -> None:
        """Let everything happen that happens by itself."""


class MemoryWorld:
    def __init__(self) -> None:
        self._clock = HandClock()
        self.memory = MemoryPlane(self._clock)
        self.plane: DataPlane = self.memory

    async def provision(self, stream: StreamConfig, *consumers: ConsumerConfig) -> None:
        self.memory.provision(stream, *consumers)

    async def add_consumer(self, stream: str, consumer: ConsumerConfig) -> None:
        self.memory.add_consumer(stream, consumer)

    async def delete(self, stream: str) -> None:
        self.memory.delete(stream)

    async def stored(self, stream: str) -> int:
        return len(self.memory.messages(stream))

    async def pass_seconds(self, seconds: float) -> None:
        self._clock.seconds += seconds

    async def rest(self) -> None:
        await asyncio.sleep(0.05)


class JetStreamWorld:
    def __init__(self, connected: Broker, plane: DataPlane) -> None:
        self.broker = connected
        self.plane = plane

    async def provision(self, stream: StreamConfig, *consumers: ConsumerConfig) -> None:
        await self._call(f"STREAM.CREATE.{stream.name}", stream_request(stream))
        for consumer in consumers:
            await self.add_consumer(stream.name, consumer)

    async def add_consumer(self, stream: str, consumer: ConsumerConfig) -> None:
        request = consumer_request(stream, consumer)
        await self._call(f"CONSUMER.DURABLE.CREATE.{stream}.{consumer.name}", request)

    async def delete(self, stream: str) -> None:
        await self._call(f"STREAM.DELETE.{stream}", {})

    async def stored(self, stream: str) -> int:
        async with asyncio.timeout(SECONDS):
            while True:
                # The answer is lost with the connection, which some tests break.
                with contextlib.suppress(BrokerUnavailable):
                    info = await self._call(f"STREAM.INFO.{stream}", {})
                    return int(info["state"]["messages"])

    async def pass_seconds(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def rest(self) -> None:
        await asyncio.sleep(0.1)

    async def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.broker.request(f"$JS.API.{operation}", body)
        assert "error" not in answer, answer
        return answer


def stream_request(stream: StreamConfig) -> dict[str, Any]:
    return {
        "name": stream.name,
        "subjects": stream.subjects,
        "storage": "file",
        "retention": stream.retention.value,
        "discard": "new",
        "max_bytes": stream.max_bytes,
        "duplicate_window": round(stream.duplicate_seconds * NANO),
    }


def consumer_request(stream: str, consumer: ConsumerConfig) -> dict[str, Any]:
    return {
        "stream_name": stream,
        "config": {
            "durable_name": consumer.name,
            "filter_subject": consumer.subject,
            "ack_policy": "explicit",
            "ack_wait": round(consumer.ack_seconds * NANO),
        },
    }


@asynccontextmanager
async def jetstream_world(folder: Path) -> AsyncIterator[JetStreamWorld]:
    """On a nats-server of its own."""
    server = NatsServer(store=folder / "nats", port=free_block(1))
    async with (
        running_nats_server(server, folder / "nats.log"),
        broker(server.url, "test") as connected,
        jetstream_plane(connected, SystemClock()) as plane,
    ):
        yield JetStreamWorld(connected, plane)


class Receiver:
    """What a pull delivered, until it is taken."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
        self.pull: Pull

    async def next(self) -> ReceivedMessage:
        async with asyncio.timeout(SECONDS):
            return await self.arrived.get()

    async def several(self, count: int) -> list[ReceivedMessage]:
        return [await self.next() for _ in range(count)]

    async def work_off(self, count: int) -> list[ReceivedMessage]:
        """Take so many, ack each, and make room for others."""
        found = []
        for _ in range(count):
            delivery = await self.next()
            await delivery.ack()
            self.pull.done(delivery)
            found.append(delivery)
        return found


@asynccontextmanager
async def open_pull(
    plane: DataPlane, stream: str = "TEST", consumer: str = "all", limits: PullLimits = LIMITS
) -> AsyncIterator[Receiver]:
    """A pull that does not run yet."""
    receiver = Receiver()
    async with plane.pull(stream, consumer, limits, receiver.arrived.put_nowait) as pull:
        receiver.pull = pull
        yield receiver


@asynccontextmanager
async def pulling(
    plane: DataPlane, stream: str = "TEST", consumer: str = "all", limits: PullLimits = LIMITS
) -> AsyncIterator[Receiver]:
    """A pull that runs while the context lasts."""
    async with (
        open_pull(plane, stream, consumer, limits) as receiver,
        background_task(receiver.pull.run()),
    ):
        yield receiver
