"""The contract's third implementation, which is for benchmarks (bench/kafka_twin), and what of the
contract Kafka has no means for."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from bench.kafka_twin.client import Consumer, TopicPartition
from bench.kafka_twin.kafka_plane import kafka_plane
from bench.kafka_twin.pull import consumer_settings
from bench.kafka_twin.server import KafkaServer, running_kafka
from bench.kafka_twin.topics import EVERYTHING, Topic, TopicAdmin, Topics
from framemesh.runtime.dataplane.data_plane import DataPlane
from framemesh.runtime.memory.config import ConsumerConfig, StreamConfig

NUMBERS = count()

REST_SECONDS = 1.0
"""A consumer asks for its offset first, and then for messages."""

ANSWER_SECONDS = 10.0
"""Of the broker, to how many messages a partition has."""


class KafkaWorld:
    """See World."""

    def __init__(self, server: KafkaServer, plane: DataPlane, topics: Topics) -> None:
        self._address = server.address
        self._admin = TopicAdmin(server.address)
        self._topics = topics
        self.plane = plane

    async def provision(self, stream: StreamConfig, *consumers: ConsumerConfig) -> None:
        """A consumer with a filter of its own gets a partition of its own; subjects that no such
        filter takes are in the last."""
        filters = tuple(each.subject for each in consumers if each.subject != EVERYTHING)
        topic = Topic(
            stream.name, stream.subjects, (*filters, EVERYTHING), suffix=f".{next(NUMBERS)}"
        )
        await self._admin.create(topic)
        self._topics.add(topic)
        for consumer in consumers:
            await self.add_consumer(stream.name, consumer)

    async def add_consumer(self, stream: str, consumer: ConsumerConfig) -> None:
        topic = self._topics.get(stream)
        if consumer.subject == EVERYTHING:
            partitions = tuple(range(len(topic.partitions)))
        else:
            partitions = (topic.partitions.index(consumer.subject),)
        self._topics.add(replace(topic, consumers={**topic.consumers, consumer.name: partitions}))

    async def delete(self, stream: str) -> None:
        await self._admin.delete(self._topics.remove(stream))

    async def stored(self, stream: str) -> int:
        return await asyncio.to_thread(self._stored, self._topics.get(stream))

    def _stored(self, topic: Topic) -> int:
        client = Consumer(consumer_settings(self._address, "stored"))
        try:
            found = 0
            for number in range(len(topic.partitions)):
                partition = TopicPartition(topic.name, number)
                first, after = client.get_watermark_offsets(partition, ANSWER_SECONDS)
                found += after - first
            return found
        finally:
            client.close()

    async def pass_seconds(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def rest(self) -> None:
        await asyncio.sleep(REST_SECONDS)


@contextmanager
def shared_kafka(folder: Path) -> Iterator[KafkaServer]:
    """A server for many tests: one takes seconds to start."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        server, _ = runner.run(stack.enter_async_context(running_kafka(folder)))
        try:
            yield server
        finally:
            runner.run(stack.aclose())


@asynccontextmanager
async def kafka_world(server: KafkaServer) -> AsyncIterator[KafkaWorld]:
    """On a server that others use as well."""
    topics = Topics()
    async with kafka_plane(server.address, topics) as plane:
        yield KafkaWorld(server, plane, topics)


NO_IDS = "the broker knows no message by its id, and no subject by its messages"
NEVER_FULL = "the broker refuses nothing: retention deletes what is oldest"
NO_ACK_WAIT = "the broker waits for no answer: a message comes again when its partition moves"
NO_LATE_ACK = "what a closed pull had delivered comes again, whatever is answered then"
NO_END = "a client that reads a topic goes on looking for it after it was deleted"
NOT_DELETED = "what is settled stays until retention deletes it"

NOT_ON_KAFKA: Mapping[str, str] = {
    "test_the_same_id_is_stored_once": NO_IDS,
    "test_an_id_is_recognised_during_the_duplicate_window": NO_IDS,
    "test_the_first_message_of_a_subject_is_the_only_one": NO_IDS,
    "test_the_first_of_a_subject_is_known_by_its_id_when_it_is_stored_again": NO_IDS,
    "test_a_cancelled_store_may_be_repeated": NO_IDS,
    "test_what_is_begun_twice_is_stored_once": NO_IDS,
    "test_a_consumer_delivers_the_messages_of_its_filter": NO_IDS,
    "test_a_full_stream_refuses_until_there_is_room": NEVER_FULL,
    "test_a_full_stream_still_recognises_duplicates": NEVER_FULL,
    "test_what_is_begun_fails_as_what_is_stored": NEVER_FULL,
    "test_an_unanswered_message_is_redelivered_after_the_ack_wait": NO_ACK_WAIT,
    "test_in_progress_restarts_the_ack_wait": NO_ACK_WAIT,
    "test_an_answer_to_an_earlier_delivery_is_valid_for_the_later_one": NO_ACK_WAIT,
    "test_unanswered_messages_of_a_closed_pull_go_to_another_one": NO_ACK_WAIT,
    "test_a_pull_that_ends_receives_all_messages_on_their_way": NO_LATE_ACK,
    "test_a_consumer_that_is_deleted_ends_the_pull": NO_END,
    "test_a_final_answer_is_final": NOT_DELETED,
    "test_messages_come_once_in_order_within_the_count_limit": NOT_DELETED,
    "test_several_pulls_of_a_consumer_share_its_messages": "a partition has one reader of a group",
}
"""Lines of the contract that are not true on Kafka, by the test of each."""
