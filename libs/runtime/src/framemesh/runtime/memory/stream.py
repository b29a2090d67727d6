"""A stream in memory."""

from collections import Counter

from framemesh.core.clock import Clock
from framemesh.runtime.dataplane.errors import AlreadyStored, ConsumerGone, StreamFull
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.memory.config import ConsumerConfig, Retention, StreamConfig
from framemesh.runtime.memory.consumer import Consumer
from framemesh.runtime.memory.stored_message import Message, headers_of
from framemesh.runtime.memory.subjects import matches


class Stream:
    """Messages in the order in which they were stored, and their consumers."""

    def __init__(self, config: StreamConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._last = 0
        """The sequence number of the newest message so far; 0: none yet."""
        self._bytes = 0
        self._messages_by_subject: Counter[str] = Counter()
        self._ids: dict[str, tuple[float, int]] = {}
        """Message ids with their monotonic times and sequence numbers, oldest first, within the
        duplicate window."""
        self._consumers: dict[str, Consumer] = {}
        self.messages: dict[int, Message] = {}
        """By sequence number."""

    def takes(self, subject: str) -> bool:
        return any(matches(pattern, subject) for pattern in self._config.subjects)

    def store(self, outgoing: OutboundMessage) -> int | None:
        """Store a message whose subject `takes` accepted; see Sink.

        Raises:
            AlreadyStored, StreamFull: it is not stored.
        """
        if (known := self._known(outgoing.id)) is not None:
            return known
        first = outgoing.first or not outgoing.id
        if first and self._messages_by_subject[outgoing.subject]:
            raise AlreadyStored(f"{outgoing.subject} has a message")
        message = Message(
            self._last + 1,
            outgoing.subject,
            outgoing.payload,
            headers_of(outgoing),
            self._clock.unix_nano(),
        )
        if self._bytes + message.size > self._config.max_bytes:
            raise StreamFull(f"{self._config.name} has {self._bytes} bytes, and may have no more")
        self._append(message, outgoing.id)
        return None

    def add(self, config: ConsumerConfig) -> None:
        """Add a consumer, unless there is one of this name."""
        if config.name not in self._consumers:
            consumer = Consumer(config, self._settle, self._clock)
            self._consumers[config.name] = consumer
            for message in self.messages.values():
                consumer.offer(message)

    def consumer(self, name: str) -> Consumer:
        """
        Raises:
            ConsumerGone: no consumer has this name.
        """
        try:
            return self._consumers[name]
        except KeyError:
            raise ConsumerGone(f"{self._config.name}.{name} does not exist") from None

    def end(self) -> None:
        """Mark the consumers as deleted with the stream."""
        for consumer in self._consumers.values():
            consumer.end()

    def _known(self, identity: str) -> int | None:
        horizon = self._clock.monotonic() - self._config.duplicate_seconds
        while self._ids and next(iter(self._ids.values()))[0] <= horizon:
            del self._ids[next(iter(self._ids))]
        found = self._ids.get(identity)
        return found[1] if found else None

    def _append(self, message: Message, identity: str) -> None:
        self.messages[message.sequence] = message
        self._last = message.sequence
        self._bytes += message.size
        self._messages_by_subject[message.subject] += 1
        if identity:
            self._ids[identity] = (self._clock.monotonic(), message.sequence)
        for consumer in self._consumers.values():
            consumer.offer(message)

    def _settle(self, message: Message) -> None:
        if self._config.retention is Retention.WORK_QUEUE:
            del self.messages[message.sequence]
            self._bytes -= message.size
            self._messages_by_subject[message.subject] -= 1
