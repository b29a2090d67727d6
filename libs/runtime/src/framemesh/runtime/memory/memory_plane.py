"""The data plane in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone, PublishRefused, StreamMissing
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.memory.config import ConsumerConfig, StreamConfig
from framemesh.runtime.memory.consumer import Consumer
from framemesh.runtime.memory.pull import MemoryPull
from framemesh.runtime.memory.stored_message import Message, header_bytes, headers_of
from framemesh.runtime.memory.stream import Stream

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""As in the configuration of our nats-server."""


class MemoryPlane:
    """Implements `framemesh.runtime.dataplane.data_plane`; its streams end with the process.

    It is always available and permitted: it never raises StreamUnavailable or NotPermitted, and
    never calls `on_gap`.
    """

    def __init__(self, clock: Clock, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._clock = clock
        self._streams: dict[str, Stream] = {}
        self.max_message_bytes = max_message_bytes

    def provision(self, stream: StreamConfig, *consumers: ConsumerConfig) -> None:
        """Create a stream and its consumers; existing ones stay as they are."""
        if stream.name not in self._streams:
            self._streams[stream.name] = Stream(stream, self._clock)
        for consumer in consumers:
            self.add_consumer(stream.name, consumer)

    def add_consumer(self, stream: str, consumer: ConsumerConfig) -> None:
        """Create a consumer of an existing stream, unless it has one of this name."""
        self._streams[stream].add(consumer)

    def delete(self, stream: str) -> None:
        """Delete an existing stream with its messages and consumers."""
        self._streams.pop(stream).end()

    def messages(self, stream: str) -> Collection[Message]:
        """The messages of an existing stream, in order."""
        return self._streams[stream].messages.values()

    async def store(self, message: OutboundMessage) -> int | None:
        # As over a network: other tasks run meanwhile, and this one may be cancelled.
        await asyncio.sleep(0)
        return self._store(message)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int | None] = loop.create_future()
        loop.call_soon(self._answer, message, answer)
        return answer

    def _answer(self, message: OutboundMessage, answer: asyncio.Future[int | None]) -> None:
        if answer.done():
            return
        try:
            answer.set_result(self._store(message))
        except FramemeshError as error:
            answer.set_exception(error)

    def _store(self, message: OutboundMessage) -> int | None:
        size = len(message.payload) + header_bytes(headers_of(message))
        if size > self.max_message_bytes:
            raise PublishRefused(f"{size} bytes are more than {self.max_message_bytes}")
        for stream in self._streams.values():
            if stream.takes(message.subject):
                return stream.store(message)
        raise StreamMissing(f"no stream takes {message.subject}")

    @asynccontextmanager
    async def pull(
        self,
        stream: str,
        consumer: str,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
        on_gap: Callable[[], None] | None = None,
    ) -> AsyncIterator[MemoryPull]:
        yield MemoryPull(lambda: self._consumer(stream, consumer), limits, deliver)

    def _consumer(self, stream: str, consumer: str) -> Consumer:
        if stream not in self._streams:
            raise ConsumerGone(f"stream {stream} does not exist")
        return self._streams[stream].consumer(consumer)
