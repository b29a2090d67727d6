"""Pulls from the partitions of a consumer, within limits."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from bench.kafka_twin.client import OFFSET_STORED, Consumer, KafkaError, Message, TopicPartition
from bench.kafka_twin.received import KafkaReceived
from bench.kafka_twin.settled_prefix import SettledPrefix
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone, NotPermitted, PullTooSmall
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger

log = get_logger()

COMMIT_MS = 100
"""Between two commits: what a killed client had settled since the last one comes again."""

WAIT_SECONDS = 0.1
"""For room, or the first message of a batch: how long it takes the thread to see what else is to be
done."""

MAX_UNCOMMITTED = 4096
"""From the oldest message that is not settled to the newest that was taken: a frame that is never
settled stops its partition, as everything behind it would come again."""

GONE = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001  the client's own are named so
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
}


def consumer_settings(address: str, group: str) -> dict[str, str | int | bool]:
    """Those of a client that pulls with as little delay as it can."""
    return {
        "bootstrap.servers": address,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": True,
        "auto.commit.interval.ms": COMMIT_MS,
        "enable.auto.offset.store": False,
        "allow.auto.create.topics": False,
        "fetch.wait.max.ms": 500,
        "fetch.min.bytes": 1,
        # With its default of 1 s a client whose queue was full looks at the broker once a second.
        "fetch.queue.backoff.ms": 2,
        "fetch.error.backoff.ms": 50,
        "queued.max.messages.kbytes": 16 * 1024,
        "max.partition.fetch.bytes": 4 * 1024 * 1024,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 250,
        "topic.metadata.refresh.fast.interval.ms": 50,
        "log_level": 2,
    }


class KafkaPull:
    """See Pull. A thread waits for messages, the event loop has all the rest."""

    def __init__(
        self,
        settings: Mapping[str, str | int | bool],
        topic: str,
        partitions: Iterable[int],
        *,
        partitions_of_topic: int,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._topic = topic
        self._of_topic = partitions_of_topic
        self._limits = limits
        self._deliver = deliver
        self._prefixes = {number: SettledPrefix() for number in partitions}
        self._backlog: deque[KafkaReceived] = deque()
        """Those that the limits have no room for yet."""
        self._due_again: deque[KafkaReceived] = deque()
        self._messages = 0
        self._bytes = 0
        self._running = False
        self._fault: asyncio.Future[None] = self._loop.create_future()
        self._ended = False
        self._room = threading.Semaphore(0)
        self._asked = False
        """The thread may take messages, or takes them."""
        self._committable: dict[int, int] = {}
        """By partition, what the thread is to commit next."""
        self._consumer = Consumer(dict(settings))
        self._consumer.assign(
            [TopicPartition(topic, number, OFFSET_STORED) for number in self._prefixes]
        )
        self._thread = threading.Thread(target=self._receive, name="kafka pull", daemon=True)
        self._thread.start()

    async def run(self) -> None:
        """See Pull."""
        self._running = True
        try:
            self._flow()
            await asyncio.shield(self._fault)
        finally:
            self._running = False

    def limit(self, limits: PullLimits) -> None:
        """See Pull."""
        self._limits = limits
        self._flow()

    def done(self, delivery: ReceivedMessage) -> None:
        """See Pull."""
        assert isinstance(delivery, KafkaReceived)
        self._messages -= 1
        self._bytes -= delivery.size
        self._flow()

    async def close(self) -> None:
        """Commit what is settled, and leave."""
        self._ended = True
        self._room.release()
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._consumer.close)

    def _flow(self) -> None:
        """Deliver what there is room for, then ask for more."""
        if not self._running or self._fault.done():
            return
        for waiting in (self._due_again, self._backlog):
            while waiting and self._fits(waiting[0]):
                self._hand_on(waiting.popleft())
        uncommitted = sum(map(len, self._prefixes.values()))
        waits = self._backlog or self._due_again or uncommitted >= MAX_UNCOMMITTED
        if not waits and not self._asked and self._messages < self._limits.messages:
            self._asked = True
            self._room.release()

    def _fits(self, received: KafkaReceived) -> bool:
        if received.size > self._limits.bytes:
            self._fail(PullTooSmall(f"a message has {received.size} bytes: let the pull have more"))
        return (
            not self._fault.done()
            and self._messages < self._limits.messages
            and self._bytes + received.size <= self._limits.bytes
        )

    def _hand_on(self, received: KafkaReceived) -> None:
        self._messages += 1
        self._bytes += received.size
        self._deliver(received)

    def _receive(self) -> None:
        """In a thread: take what there is whenever there is room.

        Only this thread calls the client: its calls from two threads wait for each other for ever
        (confluent-kafka 2.16.1, `store_offsets` beside `poll`).
        """
        may_take = False
        while not self._ended:
            self._store_offsets()
            may_take = may_take or self._room.acquire(timeout=WAIT_SECONDS)
            # `consume` alone would wait until so many are there.
            first = self._consumer.poll(WAIT_SECONDS) if may_take else None
            if first is not None:
                may_take = False
                room = max(1, self._limits.messages - self._messages)
                found = [first, *self._consumer.consume(room - 1, 0)] if room > 1 else [first]
                self._loop.call_soon_threadsafe(self._arrived, found)
        self._store_offsets()

    def _store_offsets(self) -> None:
        """What the client commits next."""
        while self._committable:
            partition, offset = self._committable.popitem()
            stored = TopicPartition(self._topic, partition, offset)
            self._consumer.store_offsets(offsets=[stored])

    def _arrived(self, messages: list[Message]) -> None:
        self._asked = False
        for message in messages:
            error = message.error()
            if error is None:
                self._take(message)
            elif error.code() in GONE:
                self._fail(ConsumerGone(error.str()))
            elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                self._fail(NotPermitted(error.str()))
            else:
                # The client connects again by itself.
                log.debug("Kafka", error=error.str())
        self._flow()

    def _take(self, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        self._prefixes[partition].take(offset)
        sequence = offset * self._of_topic + partition + 1
        self._backlog.append(KafkaReceived(message, sequence, self._settle, self._again))

    def _settle(self, received: KafkaReceived) -> None:
        message = received.message
        if received.settled or self._ended:
            return
        received.settled = True
        offset = self._prefixes[message.partition()].settle(message.offset())
        if offset is not None:
            self._committable[message.partition()] = offset
            self._flow()

    def _again(self, received: KafkaReceived, after_seconds: float) -> None:
        if not received.settled and not self._ended:
            self._loop.call_later(after_seconds, self._redeliver, received)

    def _redeliver(self, earlier: KafkaReceived) -> None:
        if not earlier.settled and not self._ended:
            self._due_again.append(
                KafkaReceived(
                    earlier.message,
                    earlier.sequence,
                    self._settle,
                    self._again,
                    earlier.attempt + 1,
                )
            )
            self._flow()

    def _fail(self, fault: Exception) -> None:
        if not self._fault.done():
            self._fault.set_exception(fault)
            # Where `run` is not awaited any more, nobody asks for it.
            self._fault.exception()
