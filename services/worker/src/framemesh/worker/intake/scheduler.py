"""Chooses which queued frame is worked on next, by the delivery policy."""

from bisect import insort
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from framemesh.core.clock import NANO
from framemesh.core.pipeline.delivery import DeliverySpec, Order

T = TypeVar("T")

MAX_TRACKED_CAMERAS = 8192
"""Whose newest positions are remembered, also while none of their frames is queued."""

ONE_QUEUE = ""
"""The name of the queue that all cameras share where frames are served as they come."""


@dataclass(frozen=True, slots=True)
class QueuedFrame(Generic[T]):
    """A frame that waits to be dispatched."""

    camera: str
    stream: str
    position: int
    """Sequence number of its message in the stream."""
    captured_unix_nano: int
    item: T


class Scheduler(Generic[T]):
    """Queues frames. No I/O, no clock. Every frame leaves once: superseded, expired, or as next.

    Cameras of high priority are served first. Where the policy drops frames, cameras are served
    round robin, so that what is dropped is shared fairly; else frames are served as they came.
    """

    def __init__(self, delivery: DeliverySpec) -> None:
        self._latest = delivery.latest.frames if delivery.latest else 0
        fresh = delivery.fresh
        self._max_age_nano = round(fresh.max_age.total_seconds() * NANO) if fresh else 0
        self._high_priority = frozenset(delivery.high_priority)
        self._ordered = delivery.order is Order.PER_CAMERA
        self._high: _RoundRobin[T] = _RoundRobin()
        self._normal: _RoundRobin[T] = _RoundRobin()
        self._newest: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()
        """By camera and stream: positions of two streams do not say which is newer."""

    def enqueue(self, frame: QueuedFrame[T]) -> list[T]:
        """Queue a frame; returns what it supersedes: itself, where newer ones came before it."""
        queues = self._high if frame.camera in self._high_priority else self._normal
        if self._latest:
            queues.add(frame.camera, frame.position, frame.item)
            return queues.drop_before(frame.camera, self._oldest_kept(frame))
        if self._max_age_nano:
            queues.add(frame.camera, self._rank(queues, frame), frame.item)
        else:
            queues.add(ONE_QUEUE, 0, frame.item)
        return []

    @property
    def size(self) -> int:
        """Frames that are queued."""
        return self._high.size + self._normal.size

    def next(self) -> T | None:
        """Remove the frame to work on; None where none is queued."""
        for queues in (self._high, self._normal):
            if queues.size:
                return queues.pop()
        return None

    def prioritize(self, camera: str) -> None:
        """Serve this camera next, if it has a frame: its last one expired after its dispatch."""
        for queues in (self._high, self._normal):
            queues.move_to_front(camera)

    def expire(self, now_unix_nano: int) -> list[T]:
        """Remove the frames that are too old at this time."""
        if not self._max_age_nano:
            return []
        oldest = now_unix_nano - self._max_age_nano
        return self._high.drop_all_before(oldest) + self._normal.drop_all_before(oldest)

    def _rank(self, queues: "_RoundRobin[T]", frame: QueuedFrame[T]) -> int:
        """The capture time; but where outcomes keep the order in which frames came, never before
        those that came earlier, as after a clock was set back: it would wait for them."""
        captured = frame.captured_unix_nano
        return max(captured, queues.last_rank(frame.camera)) if self._ordered else captured

    def _oldest_kept(self, frame: QueuedFrame[T]) -> int:
        """The position of the oldest frame of this camera that is among its newest."""
        key = (frame.camera, frame.stream)
        newest = self._newest.setdefault(key, deque())
        self._newest.move_to_end(key)
        if len(self._newest) > MAX_TRACKED_CAMERAS:
            self._newest.popitem(last=False)
        if frame.position not in newest:
            insort(newest, frame.position)
        if len(newest) > self._latest:
            newest.popleft()
        return newest[0] if len(newest) == self._latest else 0


class _RoundRobin(Generic[T]):
    """Queues that are served in turn, each sorted by rank."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, list[tuple[int, int, T]]] = OrderedDict()
        """Rank, arrival, item. The arrival is unique: items are not compared."""
        self._arrivals = 0
        self.size = 0

    def add(self, queue: str, rank: int, item: T) -> None:
        self._arrivals += 1
        self.size += 1
        insort(self._queues.setdefault(queue, []), (rank, self._arrivals, item))

    def last_rank(self, queue: str) -> int:
        """The highest rank in it; 0 where it is empty."""
        waiting = self._queues.get(queue)
        return waiting[-1][0] if waiting else 0

    def pop(self) -> T:
        """Remove the first item of the queue that is served next."""
        queue, waiting = next(iter(self._queues.items()))
        self.size -= 1
        item = waiting.pop(0)[2]
        if waiting:
            self._queues.move_to_end(queue)
        else:
            del self._queues[queue]
        return item

    def move_to_front(self, queue: str) -> None:
        """Serve it next."""
        if queue in self._queues:
            self._queues.move_to_end(queue, last=False)

    def drop_before(self, queue: str, rank: int) -> list[T]:
        """Remove the items that rank before `rank`."""
        waiting = self._queues[queue]
        dropped = 0
        while dropped < len(waiting) and waiting[dropped][0] < rank:
            dropped += 1
        gone, waiting[:dropped] = waiting[:dropped], []
        self.size -= dropped
        if not waiting:
            del self._queues[queue]
        return [item for _, _, item in gone]

    def drop_all_before(self, rank: int) -> list[T]:
        """The same for every queue."""
        return [item for queue in list(self._queues) for item in self.drop_before(queue, rank)]
