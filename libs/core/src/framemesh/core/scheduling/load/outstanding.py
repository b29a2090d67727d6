"""The batches of this caller that a backend has not answered, and when it will have room."""

import heapq
from dataclasses import dataclass
from itertools import islice

MOST_OUTSTANDING = 1024
"""More are forgotten, the oldest first: a caller that tells of no ends must not fill the memory."""


@dataclass(slots=True)
class Sent:
    """One batch on its way."""

    at: float
    seconds: float
    """That it will take once it began."""
    waits: float
    """As predicted when it was sent, without the correction."""
    began: float | None = None
    """None: it waits for others. An estimate, as nobody tells."""


class Outstanding:
    """First come, first served, by as many at once as the backend has capacity.

    A batch that is over its time is taken to need as long again as it is over: a backend that hangs
    looks worse from second to second. Mutable: it holds what is on its way.
    """

    __slots__ = ("_capacity", "_ends", "_sent", "_valid_until")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._sent: dict[int, Sent] = {}
        self._ends: list[float] = []
        """When each of the places is free again after all that was sent; a heap."""
        self._valid_until = float("-inf")
        """`_ends` hold until then: until a batch is over its time."""

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def waiting(self) -> int:
        return max(0, len(self._sent) - self._capacity)

    def send(self, request: int, sent: Sent) -> None:
        if len(self._sent) >= MOST_OUTSTANDING:
            self.end(next(iter(self._sent)), sent.at)
        waits = len(self._sent) >= self._capacity
        self._sent[request] = sent
        if waits and sent.at < self._valid_until:
            heapq.heapreplace(self._ends, self._ends[0] + sent.seconds)
        else:
            self._begin(sent.at)

    def find(self, request: int) -> Sent | None:
        """None: it is not among them."""
        return self._sent.get(request)

    def end(self, request: int, now: float) -> Sent | None:
        """None: it is not among them."""
        sent = self._sent.pop(request, None)
        if sent is not None:
            self._begin(now)
        return sent

    def wait(self, now: float) -> float:
        """Seconds until one more batch would begin, as far as those of this caller are in front."""
        if len(self._sent) < self._capacity:
            return 0.0
        if now >= self._valid_until:
            self._schedule(now)
        return max(0.0, self._ends[0] - now)

    def _begin(self, now: float) -> None:
        """As many as there is capacity for run now."""
        for sent in islice(self._sent.values(), self._capacity):
            if sent.began is None:
                sent.began = now
        self._valid_until = float("-inf")

    def _schedule(self, now: float) -> None:
        ends, self._valid_until = list[float](), float("inf")
        for sent in islice(self._sent.values(), self._capacity):
            end = (sent.at if sent.began is None else sent.began) + sent.seconds
            if end > now:
                ends.append(end)
                self._valid_until = min(self._valid_until, end)
            else:
                ends.append(now + (now - end))
                self._valid_until = now
        heapq.heapify(ends)
        for sent in islice(self._sent.values(), self._capacity, None):
            heapq.heapreplace(ends, ends[0] + sent.seconds)
        self._ends = ends
