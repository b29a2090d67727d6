"""What every order of waiting calls offers."""

from dataclasses import dataclass
from typing import Protocol

from framemesh.core.errors import Code, FramemeshError


class QueueFull(FramemeshError):
    """A queue has no room for one more call, of this camera at least."""

    code = Code.EXHAUSTED


class QueueEmpty(FramemeshError):
    """A call was taken out of a queue in which none waits."""


class CallAlreadyQueued(FramemeshError):
    """A call was put into a queue twice."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class QueuedCall:
    """A call that waits, as far as its order is concerned."""

    id: int
    """Its own in the queue."""
    camera: str
    deadline: float
    """In seconds, by the clock of whoever schedules."""
    depth: int = 0
    """Of its node in the call graph."""


class CallQueue(Protocol):
    """Calls in the order in which they are to be run. Each operation takes O(log n)."""

    def push(self, call: QueuedCall) -> None:
        """Raises:
        QueueFull: it has no room for this one.
        CallAlreadyQueued: one with its id waits.
        """
        ...

    def peek(self) -> QueuedCall | None:
        """The next one, which stays; None: none waits."""
        ...

    def pop(self) -> QueuedCall:
        """The next one, which leaves.

        Raises:
            QueueEmpty: none waits.
        """
        ...

    def remove(self, call: int) -> QueuedCall | None:
        """Take one out by its id, wherever it stands; None: it does not wait here."""
        ...

    def __len__(self) -> int: ...
