"""First come, first served."""

from framemesh.core.scheduling.queues.call_queue import (
    CallAlreadyQueued,
    QueuedCall,
    QueueEmpty,
    QueueFull,
)


class FifoQueue:
    """A dictionary keeps its order, so that a call is taken out anywhere in O(1). Mutable: it is a
    queue."""

    def __init__(self, bound: int) -> None:
        """`bound`: the most calls that wait."""
        self._bound = bound
        self._waiting: dict[int, QueuedCall] = {}

    def push(self, call: QueuedCall) -> None:
        """As in `CallQueue`."""
        if call.id in self._waiting:
            raise CallAlreadyQueued(f"call {call.id} waits already: give each an id of its own")
        if len(self._waiting) >= self._bound:
            raise QueueFull(f"{self._bound} calls wait: offer it again when some have left")
        self._waiting[call.id] = call

    def peek(self) -> QueuedCall | None:
        """As in `CallQueue`."""
        return next(iter(self._waiting.values()), None)

    def pop(self) -> QueuedCall:
        """As in `CallQueue`."""
        call = self.peek()
        if call is None:
            raise QueueEmpty("no call waits: look with peek first")
        return self._waiting.pop(call.id)

    def remove(self, call: int) -> QueuedCall | None:
        """As in `CallQueue`."""
        return self._waiting.pop(call, None)

    def __len__(self) -> int:
        return len(self._waiting)
