"""A message that was received from a partition, and the answers to it."""

import asyncio
from collections.abc import Callable, Mapping

from bench.kafka_twin.client import Message
from framemesh.runtime.logs import get_logger

log = get_logger()


class KafkaReceived:
    """See ReceivedMessage. What differs: there is no ack wait, so `in_progress` has nothing to do,
    and `attempt` counts from 1 again in a process that is started anew."""

    def __init__(
        self,
        message: Message,
        sequence: int,
        settle: Callable[["KafkaReceived"], None],
        again: Callable[["KafkaReceived", float], None],
        attempt: int = 1,
    ) -> None:
        """
        Args:
            settle: confirms it for good.
            again: delivers it once more after so many seconds.
        """
        self.message = message
        self.payload: bytes = message.value() or b""
        self.sequence = sequence
        self.attempt = attempt
        self.settled = False
        self._settle = settle
        self._again = again

    @property
    def subject(self) -> str:
        key: bytes = self.message.key() or b""
        return key.decode()

    @property
    def headers(self) -> Mapping[str, str]:
        return {name: value.decode() for name, value in self.message.headers() or ()}

    @property
    def stored_unix_nano(self) -> int:
        """By Kafka's clock, which counts milliseconds."""
        return int(self.message.timestamp()[1]) * 1_000_000

    @property
    def size(self) -> int:
        """Bytes, with headers and subject."""
        headers = self.message.headers() or ()
        return (
            len(self.payload)
            + len(self.message.key() or b"")
            + sum(len(name) + len(value) for name, value in headers)
        )

    async def in_progress(self) -> None:
        """Nothing: whoever has the partition has the message."""

    async def ack(self) -> None:
        self._settle(self)

    async def discard(self, reason: str) -> None:
        """As `ack`; the broker is not told why."""
        log.warning("message discarded", subject=self.subject, reason=reason)
        self._settle(self)

    async def nak(self, after_seconds: float = 0) -> None:
        """It is delivered here again, by this client: the broker knows no single messages."""
        await asyncio.sleep(0)
        self._again(self, after_seconds)
