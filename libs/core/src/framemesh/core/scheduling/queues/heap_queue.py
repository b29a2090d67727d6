"""A heap from which calls can be taken out anywhere: what the sorted orders share."""

import heapq
from abc import ABC, abstractmethod

from framemesh.core.scheduling.queues.call_queue import (
    CallAlreadyQueued,
    QueuedCall,
    QueueEmpty,
    QueueFull,
)

Key = tuple[float, ...]


class HeapQueue(ABC):
    """Of equal keys the one that came first is first. What is taken out leaves a gap in the heap;
    the heap is made anew when it is more gaps than calls. Mutable: it is a queue."""

    def __init__(self, bound: int) -> None:
        """`bound`: the most calls that wait."""
        self._bound = bound
        self._heap: list[tuple[Key, int]] = []
        self._waiting: dict[int, QueuedCall] = {}
        """By the number of the push, as the heap has it."""
        self._numbers: dict[int, int] = {}
        """Of the push of each call, by its id."""
        self._pushed = 0

    @abstractmethod
    def _key(self, call: QueuedCall) -> Key:
        """The least is first."""

    def push(self, call: QueuedCall) -> None:
        """As in `CallQueue`."""
        if call.id in self._numbers:
            raise CallAlreadyQueued(f"call {call.id} waits already: give each an id of its own")
        if len(self._waiting) >= self._bound:
            raise QueueFull(f"{self._bound} calls wait: offer it again when some have left")
        self._pushed += 1
        self._waiting[self._pushed] = call
        self._numbers[call.id] = self._pushed
        heapq.heappush(self._heap, (self._key(call), self._pushed))

    def peek(self) -> QueuedCall | None:
        """As in `CallQueue`."""
        while self._heap:
            call = self._waiting.get(self._heap[0][1])
            if call is not None:
                return call
            heapq.heappop(self._heap)
        return None

    def pop(self) -> QueuedCall:
        """As in `CallQueue`."""
        call = self.peek()
        if call is None:
            raise QueueEmpty("no call waits: look with peek first")
        _, number = heapq.heappop(self._heap)
        del self._waiting[number], self._numbers[call.id]
        return call

    def remove(self, call: int) -> QueuedCall | None:
        """As in `CallQueue`."""
        number = self._numbers.pop(call, None)
        if number is None:
            return None
        removed = self._waiting.pop(number)
        if len(self._heap) > 2 * len(self._waiting) + _GAPS:
            self._heap = [(self._key(each), at) for at, each in self._waiting.items()]
            heapq.heapify(self._heap)
        return removed

    def __len__(self) -> int:
        return len(self._waiting)


_GAPS = 16
"""That a small queue may have without being made anew at each removal."""
