"""The two brokers that are compared: how each is started, reached and killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import psutil

from bench.broker.data_plane import CONSUMER, STREAM
from bench.kafka_twin.kafka_plane import kafka_plane
from bench.kafka_twin.kinds import Kind
from bench.kafka_twin.sender import Batching
from bench.kafka_twin.server import (
    GRACE_SECONDS,
    HEAP_MIB,
    KafkaServer,
    running_kafka,
    start_kafka,
)
from bench.kafka_twin.topics import Topic, TopicAdmin, Topics
from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.data_plane import DataPlane
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.nats_server import (
    GIB,
    NatsServer,
    running_nats_server,
)
from framemesh.runtime.processes.ports import free_block

FRAMES = Topic("BENCH", ("bench",), consumers={"all": (0,)})
"""The stream of bench.broker.data_plane as a topic, of as many bytes."""


class Side(Protocol):
    """A broker that runs."""

    kind: Kind
    address: str
    """For `plane_of`."""
    folder: Path
    """With all that it stores."""

    @property
    def process(self) -> psutil.Process: ...

    async def kill_and_start(self) -> float:
        """Kill it with SIGKILL, and start it at once on what it has stored. Returns how long it
        took until it was reached, in seconds."""
        ...


@asynccontextmanager
async def plane_of(
    kind: Kind, address: str, batching: Batching, *topics: Topic
) -> AsyncIterator[DataPlane]:
    """The data plane of a process."""
    if kind is Kind.KAFKA:
        async with kafka_plane(address, Topics(topics or (FRAMES,)), batching) as plane:
            yield plane
        return
    async with broker(address, "bench") as nats, jetstream_plane(nats, SystemClock()) as plane:
        yield plane


class JetStreamSide:
    """nats-server as framemesh runs it on one machine."""

    kind = Kind.JETSTREAM

    def __init__(self, server: NatsServer, child: Child) -> None:
        self._server = server
        self._child = child
        self._again = AsyncExitStack()
        """Holds the one that runs after a kill."""
        self.address = server.url
        self.folder = server.store

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._child.pid)

    async def kill_and_start(self) -> float:
        began = asyncio.get_running_loop().time()
        self._child.kill()
        await self._child.wait()
        assert self._child.log is not None
        again = running_nats_server(self._server, self._child.log)
        self._child = await self._again.enter_async_context(again)
        return asyncio.get_running_loop().time() - began

    async def stop(self) -> None:
        await self._again.aclose()


class KafkaSide:
    """Kafka of one node."""

    kind = Kind.KAFKA

    def __init__(self, server: KafkaServer, child: Child) -> None:
        self._server = server
        self._child = child
        self.address = server.address
        self.folder = server.logs

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._child.pid)

    async def kill_and_start(self) -> float:
        began = asyncio.get_running_loop().time()
        self._child.kill()
        await self._child.wait()
        self._child = await start_kafka(self._server)
        return asyncio.get_running_loop().time() - began

    async def stop(self) -> None:
        await self._child.stop(GRACE_SECONDS)


@asynccontextmanager
async def jetstream_side(folder: Path) -> AsyncIterator[JetStreamSide]:
    """With the stream of bench.broker.data_plane."""
    server = NatsServer(store=folder, port=free_block(1), store_max_bytes=4 * GIB)
    async with running_nats_server(server, folder.with_suffix(".log")) as child:
        async with broker(server.url, "bench") as connected:
            await connected.request("$JS.API.STREAM.CREATE.BENCH", STREAM)
            await connected.request("$JS.API.CONSUMER.DURABLE.CREATE.BENCH.all", CONSUMER)
        side = JetStreamSide(server, child)
        try:
            yield side
        finally:
            await side.stop()


@asynccontextmanager
async def kafka_side(folder: Path, heap_mib: int = HEAP_MIB) -> AsyncIterator[KafkaSide]:
    """With the same stream as a topic."""
    async with running_kafka(folder, heap_mib) as (server, child):
        admin = TopicAdmin(server.address)
        await admin.create(FRAMES)
        await admin.coordinate(FRAMES)
        side = KafkaSide(server, child)
        try:
            yield side
        finally:
            await side.stop()
