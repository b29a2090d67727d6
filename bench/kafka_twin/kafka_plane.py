"""The data plane on Kafka: what its contract says, as far as Kafka has it (bench/README.md)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bench.kafka_twin.pull import KafkaPull, consumer_settings
from bench.kafka_twin.sender import Batching, Sender
from bench.kafka_twin.server import MAX_MESSAGE_BYTES
from bench.kafka_twin.topics import Topics
from framemesh.runtime.dataplane.data_plane import Pull, PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage

TUNED = Batching()


class KafkaPlane:
    """See `framemesh.runtime.dataplane.data_plane.DataPlane`."""

    def __init__(self, address: str, topics: Topics, sender: Sender) -> None:
        self._address = address
        self._topics = topics
        self._sender = sender

    @property
    def max_message_bytes(self) -> int:
        return MAX_MESSAGE_BYTES

    async def store(self, message: OutboundMessage) -> int | None:
        return await self._sender.store(message)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        return self._sender.begin_store(message)

    @asynccontextmanager
    async def pull(
        self,
        stream: str,
        consumer: str,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
        on_gap: Callable[[], None] | None = None,
    ) -> AsyncIterator[Pull]:
        """`on_gap` is never called: a client reads on from the offset where it was."""
        try:
            topic, partitions = self._topics.consumed(stream, consumer)
        except ConsumerGone as error:
            yield _NoPull(error)
            return
        settings = consumer_settings(self._address, topic.group(consumer))
        pull = KafkaPull(
            settings,
            topic.name,
            partitions,
            partitions_of_topic=len(topic.partitions),
            limits=limits,
            deliver=deliver,
        )
        try:
            yield pull
        finally:
            await pull.close()


class _NoPull:
    """The pull of a consumer that is not there."""

    def __init__(self, error: ConsumerGone) -> None:
        self._error = error

    async def run(self) -> None:
        raise self._error

    def limit(self, limits: PullLimits) -> None: ...

    def done(self, delivery: ReceivedMessage) -> None: ...


@asynccontextmanager
async def kafka_plane(
    address: str, topics: Topics, batching: Batching = TUNED
) -> AsyncIterator[KafkaPlane]:
    """Writes and pulls for as long as the context lasts."""
    sender = Sender(address, topics, batching)
    with sender.waiting():
        yield KafkaPlane(address, topics, sender)
