"""The contract of publishing and pulling.

There are two implementations: `framemesh.runtime.jetstream.jetstream_plane`, and one in memory for
tests, `framemesh.runtime.memory.memory_plane`. One suite holds both to every promise made here:
tests/contract/test_data_plane_*.py.

Implementations survive servers that die, hang or are upgraded, and connections that break. At
worst, callers see StreamUnavailable, and messages that are delivered again.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage


@dataclass(frozen=True, slots=True)
class PullLimits:
    """How much one pull may have in progress."""

    messages: int
    bytes: int
    """With headers and subjects. Twice `max_message_bytes` is always enough."""


class Sink(Protocol):
    """Where messages are stored."""

    async def store(self, message: OutboundMessage) -> int | None:
        """Store `message`, and return when its stream has it.

        Returns None, or the sequence number of the message that the stream has stored under this id
        before, and took this one for.

        A message with an id is stored unless the stream has stored one of that id within its window
        for duplicates; a second one is dropped, and counts as stored, also where the stream is full
        meanwhile. A message without an id, or that is to be the first, is stored if its subject has
        no message.

        What one caller stores one after the other is in the stream in that order. Many messages may
        be in progress at once, within bounds in count and bytes that all streams share fairly; a
        message over these bounds waits, in the order of arrival. Everything else takes at most 6 s.

        Cancelled, the message is stored or it is not, and storing it again is safe.

        Raises:
            StreamFull: the stream has no room; it takes messages again when some are acked.
            BrokerFull: one that is not the stream's own limit.
            StreamMissing: no stream takes the subject.
            AlreadyStored: it has no id, or is to be the first, and its subject has a message.
            PublishRefused: it is larger than `max_message_bytes`, or refused for another reason.
            NotPermitted: this user may not publish there, or not receive acknowledgements.
            StreamUnavailable: no answer in time; it is stored or it is not.
        """
        ...


class PromptSink(Sink, Protocol):
    """A sink that also begins without waiting: for a caller with many messages, each of which would
    need a task that waits."""

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """Begin to store `message`; None where that would mean to wait, and nothing was done.

        The future is what `store` returns or one of its errors, of which StreamMissing and
        AlreadyStored are not sure: `store` the message then, which is safe after any error.
        Cancelled, the message is stored or it is not.
        """
        ...


class Pull(Protocol):
    """Receives the messages of a consumer."""

    async def run(self) -> None:
        """Request messages until cancelled, and hand them to `deliver`.

        Never more than the limits are in progress: delivered, and not yet `done`. Messages come in
        the order of their sequence numbers; redeliveries come as soon as they are due, before new
        messages. Several pulls of one consumer share its messages.

        Blocks while there is nothing to deliver, or no server. May be cancelled at any moment, and
        run again; messages that were requested may still come meanwhile. Once it has raised an
        error it is over: make another pull.

        Raises:
            ConsumerGone: there is no such consumer, or it was deleted.
            PullTooSmall: the next message is larger than all the bytes of the limits.
            NotPermitted: this user may not pull here, or not ack.
        """
        ...

    def limit(self, limits: PullLimits) -> None:
        """Other limits from now on. Where they are smaller, what is in progress stays, and what was
        requested may still come."""
        ...

    def done(self, delivery: ReceivedMessage) -> None:
        """Free the room of a message within the limits. Call it once for each received message.

        The stream hears nothing of it: see the answers of ReceivedMessage.
        """
        ...


class DataPlane(PromptSink, Protocol):
    """Streams to publish to and to pull from."""

    @property
    def max_message_bytes(self) -> int:
        """The largest message, with its headers."""
        ...

    def pull(
        self,
        stream: str,
        consumer: str,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
        on_gap: Callable[[], None] | None = None,
    ) -> AbstractAsyncContextManager[Pull]:
        """A pull of a durable consumer, for as long as the context lasts.

        Args:
            deliver: called on the event loop for each received message; must not block or raise.
            on_gap: for the only pull of a new consumer: called in the same way when a message was
                lost although the connection lasted. It would be redelivered after newer ones, so
                nothing is delivered any more: to go on in order, make another consumer.

        When the context ends, messages on their way still come, which takes up to a second. What
        was received and not answered is redelivered, here or elsewhere, after its ack wait.
        """
        ...
