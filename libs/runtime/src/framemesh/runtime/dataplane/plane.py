"""The contract of publishing and pulling.

There are two implementations: `framemesh.runtime.jetstream.plane`, and one in memory for tests,
`framemesh.runtime.memory.plane`. One suite holds both to every promise made here:
tests/contract/test_data_plane_*.py.

Servers that die, hang, are upgraded or cut us off, and connections that break, are survived without
help: the worst that one sees of them here is StreamUnavailable, and messages that come again.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage


@dataclass(frozen=True, slots=True)
class PullLimits:
    """How much one pull may have under way."""

    messages: int
    bytes: int
    """Of messages with their headers and subjects. Twice `max_message_bytes` is always enough."""


class Sink(Protocol):
    """Where messages are stored."""

    async def store(self, message: OutboundMessage) -> None:
        """Store `message`, and return when its stream has it.

        A message with an id is stored unless the stream has stored one of that id within its window
        for duplicates; a second one is dropped, and counts as stored, also where the stream is full
        meanwhile. A message without an id is stored if its subject has no message.

        What one caller stores one after the other is in the stream in that order. Many may be under
        way at once, within bounds in count and bytes. What is over them waits for its turn in the
        order in which it came; everything else takes at most 6 seconds.

        Cancelled, the message is stored or it is not, and storing it again is safe.

        Raises:
            StreamFull: the stream has no room; it takes messages again when some are acked.
            StreamMissing: no stream takes the subject.
            AlreadyStored: it has no id, and its subject has a message.
            PublishRefused: it is larger than `max_message_bytes`, or refused for another reason.
            NotPermitted: this user may not write there, or not hear whether it is stored.
            StreamUnavailable: no answer in time; it is stored or it is not.
        """
        ...


class Pull(Protocol):
    """Keeps the messages of a consumer coming."""

    async def run(self) -> None:
        """Ask for messages until cancelled; what comes is handed to `deliver`.

        Never more than the limits are under way: delivered, and not yet `done`. Messages come in
        the order of their sequence numbers, and those that come again as soon as their time has
        come, before new ones. Several pulls of one consumer share its messages.

        Blocks for as long as there is nothing to deliver, or nobody to ask. May be cancelled at any
        moment, and run again; meanwhile what was asked for may still come. Once it has raised
        something it is over: whoever wants to go on makes another pull.

        Raises:
            ConsumerGone: there is no such consumer, or it was deleted.
            PullTooSmall: the next message is larger than all the bytes of the limits.
            NotPermitted: this user may not pull here, or not answer what he pulls.
        """
        ...

    def done(self, delivery: ReceivedMessage) -> None:
        """Say that a message that was delivered is dealt with, which makes room for others.

        It says nothing to the stream; that is what answers are for. Call it once a delivery.
        """
        ...


class DataPlane(Sink, Protocol):
    """Streams that one can write to and pull from."""

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

        `deliver` is called on the event loop, once for each delivery; it must neither block nor
        raise. So is `missed`, for who alone pulls from a consumer, which is new: when a message was
        lost on its way, though the connection lasted. It would come again after others; so none is
        delivered any more, and whoever wants to go on in order makes another consumer.

        When the context ends, what is on its way still comes, which takes up to a second. Then the
        pull has no claim on anything: what it delivered and nobody answered comes again elsewhere
        when its ack wait is over.
        """
        ...
