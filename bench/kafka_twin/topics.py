"""Streams as topics, and their shards as partitions."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from bench.kafka_twin.client import AdminClient, Consumer, NewTopic, TopicPartition
from framemesh.runtime.dataplane.errors import ConsumerGone, StreamMissing
from framemesh.runtime.memory.subjects import matches

EVERYTHING = ">"
"""The subject filter that all subjects match."""

REQUEST_SECONDS = 20.0
"""For topics to be made or deleted: a tenth of a second each."""

KEPT_BYTES = 512 * 1024 * 1024
"""Of a partition, and one file more. Kafka deletes what is oldest and not what is processed."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A stream of the contract. The broker knows neither subjects nor consumers, so each process is
    told: a subject is the key of its messages, and a consumer is a group with partitions."""

    stream: str
    subjects: tuple[str, ...]
    partitions: tuple[str, ...] = (EVERYTHING,)
    """The subject filter of each; a message goes to the first that takes it."""
    consumers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The partitions of each."""
    kept_bytes: int = KEPT_BYTES
    suffix: str = ""
    """Of its name on the broker: a name that was deleted stays in use for a moment."""

    @property
    def name(self) -> str:
        """On the broker."""
        return self.stream + self.suffix

    def group(self, consumer: str) -> str:
        """The group that a consumer is on the broker."""
        return f"{self.name}-{consumer}"

    def takes(self, subject: str) -> bool:
        return any(matches(each, subject) for each in self.subjects)

    def partition(self, subject: str) -> int:
        for number, each in enumerate(self.partitions):
            if each == EVERYTHING or matches(each, subject):
                return number
        raise StreamMissing(f"no partition of {self.stream} takes {subject}")


class Topics:
    """All topics that a process knows."""

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self._topics = {each.stream: each for each in topics}

    def add(self, topic: Topic) -> None:
        self._topics[topic.stream] = topic

    def remove(self, stream: str) -> Topic:
        return self._topics.pop(stream)

    def get(self, stream: str) -> Topic:
        return self._topics[stream]

    def of(self, stream: str, subject: str) -> Topic:
        """The topic that takes a subject; `stream` may be empty.

        Raises:
            StreamMissing: there is none.
        """
        known = self._topics.get(stream)
        if known is not None:
            return known
        for each in self._topics.values():
            if each.takes(subject):
                return each
        raise StreamMissing(f"no topic takes {subject}")

    def consumed(self, stream: str, consumer: str) -> tuple[Topic, tuple[int, ...]]:
        """The topic of a consumer, and its partitions there.

        Raises:
            ConsumerGone: there is no such consumer.
        """
        topic = self._topics.get(stream)
        partitions = topic.consumers.get(consumer) if topic else None
        if topic is None or partitions is None:
            raise ConsumerGone(f"topic {stream} has no consumer {consumer}")
        return topic, partitions


class TopicAdmin:
    """Makes and deletes topics of one server."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client = AdminClient({"bootstrap.servers": address, "log_level": 2})

    async def create(self, topic: Topic) -> None:
        """
        Raises:
            KafkaException: it exists, or the server refuses it.
        """
        wanted = NewTopic(
            topic.name,
            num_partitions=len(topic.partitions),
            replication_factor=1,
            config={
                "retention.ms": "-1",
                "retention.bytes": str(topic.kept_bytes),
                # Of the contract: when the stream stored a message.
                "message.timestamp.type": "LogAppendTime",
            },
        )
        await self._done(self._client.create_topics([wanted])[topic.name])

    async def coordinate(self, topic: Topic) -> None:
        """Have the broker make what it keeps offsets in, which it does when the first group asks:
        whoever asks meanwhile may wait for minutes."""
        await asyncio.to_thread(self._ask_for_offset, topic)

    def _ask_for_offset(self, topic: Topic) -> None:
        client = Consumer({"bootstrap.servers": self._address, "group.id": "first", "log_level": 2})
        try:
            client.committed([TopicPartition(topic.name, 0)], REQUEST_SECONDS)
        finally:
            client.close()

    async def delete(self, topic: Topic) -> None:
        await self._done(self._client.delete_topics([topic.name])[topic.name])

    async def _done(self, asked: "Future[None]") -> None:
        async with asyncio.timeout(REQUEST_SECONDS):
            await asyncio.wrap_future(asked)
