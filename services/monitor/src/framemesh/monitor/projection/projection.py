"""The contract of a projection, and how far one is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage


class Projection(Protocol):
    """State that follows from the messages of one stream, in their order, and from nothing else."""

    def apply(self, message: ReceivedMessage) -> None:
        """Take one message into account, each once. One that is unreadable is logged and passed
        over."""
        ...

    def capture(self) -> Callable[[], bytes]:
        """Freeze the state as it is; what is returned writes it. Both run in a thread, and nothing
        is applied until `capture` returns."""
        ...


P = TypeVar("P", bound=Projection)


@dataclass(frozen=True, slots=True)
class ProjectionType(Generic[P]):
    """One kind of projection."""

    name: str
    """In the keys of its checkpoints: letters, digits, `-` and `_`."""
    empty: Callable[[], P]
    """Before the first message of a stream."""
    restore: Callable[[bytes], P]
    """From what `capture` wrote. Raises ValueError where it did not write that."""


@dataclass(slots=True)
class Progress(Generic[P]):
    """A projection, and the place in the stream where it is."""

    projection: P
    sequence: int = 0
    """Of the last message that was applied."""
    unread: int = 0
    """Messages that the stream dropped before they were read."""

    def apply(self, message: ReceivedMessage) -> None:
        # The stream loses its oldest messages, and no others.
        self.unread += max(0, message.sequence - self.sequence - 1)
        self.projection.apply(message)
        self.sequence = message.sequence
