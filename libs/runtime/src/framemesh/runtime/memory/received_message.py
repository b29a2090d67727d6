"""A message received from a consumer in memory."""

from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.runtime.memory.consumer import Consumer, Pending


@dataclass(frozen=True, slots=True, eq=False)
class MemoryReceivedMessage:
    """Implements `framemesh.runtime.dataplane.received_message.ReceivedMessage`."""

    subject: str
    payload: bytes
    headers: Mapping[str, str]
    attempt: int
    sequence: int
    stored_unix_nano: int
    _consumer: Consumer

    async def in_progress(self) -> None:
        self._consumer.postpone(self.sequence)

    async def ack(self) -> None:
        self._consumer.settle(self.sequence)

    async def discard(self, reason: str) -> None:
        self._consumer.settle(self.sequence)

    async def nak(self, after_seconds: float = 0) -> None:
        self._consumer.postpone(self.sequence, after_seconds)


def received_message(pending: Pending, consumer: Consumer) -> MemoryReceivedMessage:
    """The message that a consumer has just delivered."""
    message = pending.message
    return MemoryReceivedMessage(
        subject=message.subject,
        payload=message.payload,
        headers=message.headers,
        attempt=pending.attempt,
        sequence=message.sequence,
        stored_unix_nano=message.stored_unix_nano,
        _consumer=consumer,
    )
