"""Publishes to Kafka: acks=all, and an answer for each message."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench.kafka_twin.client import KafkaError, KafkaException, Message, Producer
from bench.kafka_twin.server import MAX_MESSAGE_BYTES
from bench.kafka_twin.topics import Topics
from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.fair_window import FairWindow
from framemesh.runtime.dataplane.errors import (
    BrokerFull,
    NotPermitted,
    PublishRefused,
    StreamMissing,
    StreamUnavailable,
)
from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage
from framemesh.runtime.jetstream.publish.publisher import WINDOW_BYTES, WINDOW_MESSAGES

HEADER_BYTES = 1024 * 1024
"""What a batch may have beside the largest message of the contract."""

DELIVERY_SECONDS = 5.5
"""Until a message is given up, all tries of the client together; the contract has 6 s."""

POLL_SECONDS = 0.5
"""Of the thread that waits for answers: how long it takes to see that it is to end."""

ERRORS: dict[int, type[FramemeshError]] = {
    KafkaError.MSG_SIZE_TOO_LARGE: PublishRefused,
    KafkaError.INVALID_MSG: PublishRefused,
    KafkaError.UNKNOWN_TOPIC_OR_PART: StreamMissing,
    KafkaError._UNKNOWN_TOPIC: StreamMissing,  # noqa: SLF001  the client's own are named so
    KafkaError._UNKNOWN_PARTITION: StreamMissing,  # noqa: SLF001
    KafkaError.TOPIC_AUTHORIZATION_FAILED: NotPermitted,
    KafkaError.KAFKA_STORAGE_ERROR: BrokerFull,
}


@dataclass(frozen=True, slots=True)
class Batching:
    """How the producer sends; bench/README.md has what others than these do."""

    linger_ms: float = 0.0
    """How long a message waits for others."""
    batch_bytes: int = 1024 * 1024
    """How much goes together at most."""
    in_flight: int = 1
    """Requests without an answer. With one, what is sent again keeps its place."""
    idempotent: bool = False
    """Whether what the client sends again is stored once. Without it, a message whose answer was
    lost is there twice. With it, librdkafka 2.16 takes three times the CPU for messages of 50 KB,
    and has half of the rate."""


class Sender:
    """Stores messages through one producer, within the same window as on JetStream."""

    def __init__(self, address: str, topics: Topics, batching: Batching) -> None:
        self._topics = topics
        self._window = FairWindow(WINDOW_MESSAGES, WINDOW_BYTES)
        self._loop = asyncio.get_running_loop()
        self._answers: deque[tuple[asyncio.Future[int | None], KafkaError | None]] = deque()
        self._woken = False
        self._ended = threading.Event()
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "acks": "all",
                "enable.idempotence": batching.idempotent,
                "max.in.flight.requests.per.connection": batching.in_flight,
                "compression.type": "none",
                "linger.ms": batching.linger_ms,
                "batch.size": batching.batch_bytes,
                "delivery.timeout.ms": round(1000 * DELIVERY_SECONDS),
                "message.max.bytes": MAX_MESSAGE_BYTES + HEADER_BYTES,
                "queue.buffering.max.kbytes": 2 * WINDOW_BYTES // 1024,
                "socket.nagle.disable": True,
                "reconnect.backoff.ms": 50,
                "reconnect.backoff.max.ms": 250,
                "topic.metadata.refresh.fast.interval.ms": 50,
                "log_level": 2,
            }
        )

    async def store(self, message: OutboundMessage) -> int | None:
        """See Sink; it never says that a message was stored before."""
        begun = self.begin_store(message)
        if begun is not None:
            return await begun
        key, size = message.stream, len(message.payload)
        await self._window.acquire(key, size)
        return await self._send(message)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """See PromptSink."""
        if not self._window.try_acquire(message.stream, len(message.payload)):
            return None
        return self._send(message)

    def _send(self, message: OutboundMessage) -> asyncio.Future[int | None]:
        """Send a message that has its place in the window."""
        answer: asyncio.Future[int | None] = self._loop.create_future()
        answer.add_done_callback(partial(self._end, message.stream, len(message.payload)))
        try:
            self._produce(message, answer)
        except (FramemeshError, KafkaException) as error:
            answer.set_exception(_named(error))
        return answer

    def _produce(self, message: OutboundMessage, answer: asyncio.Future[int | None]) -> None:
        headers = [(name, value.encode()) for name, value in message.headers.items()]
        if message.id:
            headers.append((ID_HEADER, message.id.encode()))
        size = len(message.payload) + sum(len(name) + len(value) for name, value in headers)
        if size > MAX_MESSAGE_BYTES:
            raise PublishRefused(f"{size} bytes are more than {MAX_MESSAGE_BYTES}: send less")
        topic = self._topics.of(message.stream, message.subject)
        self._producer.produce(
            topic.name,
            message.payload,
            message.subject,
            topic.partition(message.subject),
            on_delivery=partial(self._answered, answer),
            headers=headers,
        )

    def _end(self, key: str, size: int, _: asyncio.Future[int | None]) -> None:
        self._window.release(key, size)

    def _answered(
        self, answer: asyncio.Future[int | None], error: KafkaError | None, _: Message
    ) -> None:
        """In the thread that waits: one wake-up of the event loop for all that came together."""
        self._answers.append((answer, error))
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._give_answers)

    def _give_answers(self) -> None:
        # Before the first is taken: one that comes from now on wakes the loop again.
        self._woken = False
        while self._answers:
            answer, error = self._answers.popleft()
            if answer.done():
                continue
            if error is None:
                answer.set_result(None)
            else:
                answer.set_exception(_of_code(error))

    def _wait(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(POLL_SECONDS)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Receive answers for as long as the context lasts."""
        thread = threading.Thread(target=self._wait, name="kafka answers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()


def _named(error: FramemeshError | KafkaException) -> FramemeshError:
    return error if isinstance(error, FramemeshError) else _of_code(error.args[0])


def _of_code(error: KafkaError) -> FramemeshError:
    return ERRORS.get(error.code(), StreamUnavailable)(error.str())
