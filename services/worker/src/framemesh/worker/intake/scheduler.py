"""Whose turn it is: the frames that wait in a worker, in the order of the delivery policy."""

from bisect import insort
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from framemesh.core.clock import NANO
from framemesh.core.pipeline.delivery import DeliverySpec, Order

T = TypeVar("T")

MAX_TRACKED_CAMERAS = 8192
"""Whose newest frames are known, also while none of theirs waits."""


@dataclass(frozen=True, slots=True)
class QueuedFrame(Generic[T]):
    """A frame that waits for its turn."""

    camera: str
    stream: str
    position: int
    """Of its message in its stream."""
    captured_unix_nano: int
    item: T


class Scheduler(Generic[T]):
    """No I/O, no clock. Every frame that arrives leaves once: superseded, expired, or taken.

    Frames of high priority are taken first. Where the policy leaves frames out, cameras take turns,
    so that what is left out is shared fairly; else frames are taken in the order in which they
    came.
    """

    def __init__(self, delivery: DeliverySpec) -> None:
        self._latest = delivery.latest.frames if delivery.latest else 0
        fresh = delivery.fresh
        self._max_age_nano = round(fresh.max_age.total_seconds() * NANO) if fresh else 0
        self._high = frozenset(delivery.high_priority)
        self._lanes: tuple[_Lane[T], _Lane[T]] = (_Lane(), _Lane())
        self._ordered = delivery.order is Order.PER_CAMERA
        self._newest: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()
        """By camera and stream: the positions of two streams tell nothing of what is newer."""

    def arrive(self, frame: QueuedFrame[T]) -> list[T]:
        """A frame came; returns what it supersedes, which is itself where newer ones came first."""
        lane = self._lanes[0 if frame.camera in self._high else 1]
        if self._latest:
            lane.add(frame.camera, frame.position, frame)
            return lane.drop_before(frame.camera, self._oldest_kept(frame))
        if self._max_age_nano:
            lane.add(frame.camera, self._rank(lane, frame), frame)
        else:
            lane.append(frame)
        return []

    def take(self) -> T | None:
        """The frame whose turn it is; None when none waits."""
        for lane in self._lanes:
            if len(lane):
                return lane.take()
        return None

    def again(self, camera: str) -> None:
        """Its turn came to nothing: it has the next one, where a frame of it waits."""
        for lane in self._lanes:
            lane.advance(camera)

    def expire(self, now_unix_nano: int) -> list[T]:
        """Takes out what is too old."""
        if not self._max_age_nano:
            return []
        oldest = now_unix_nano - self._max_age_nano
        return [item for lane in self._lanes for item in lane.drop_all(oldest)]

    def _rank(self, lane: "_Lane[T]", frame: QueuedFrame[T]) -> int:
        """By its capture time; but where frames are sealed in the order in which they came, a turn
        out of that order, as where a clock was set back, would wait for those before it."""
        captured = frame.captured_unix_nano
        return max(captured, lane.last_rank(frame.camera)) if self._ordered else captured

    def _oldest_kept(self, frame: QueuedFrame[T]) -> int:
        """The position of the last frame of this camera that is among its newest."""
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


class _Lane(Generic[T]):
    """Queues of frames that take turns, each sorted by a rank."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, list[tuple[int, int, T]]] = OrderedDict()
        self._arrivals = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, queue: str, rank: int, frame: QueuedFrame[T]) -> None:
        self._arrivals += 1
        self._size += 1
        # The number of its arrival: items are not compared.
        insort(self._queues.setdefault(queue, []), (rank, self._arrivals, frame.item))

    def append(self, frame: QueuedFrame[T]) -> None:
        """In one queue for all, in the order in which they come."""
        self.add("", 0, frame)

    def last_rank(self, queue: str) -> int:
        """Of what waits in it; 0 where nothing does."""
        waiting = self._queues.get(queue)
        return waiting[-1][0] if waiting else 0

    def take(self) -> T:
        queue, waiting = next(iter(self._queues.items()))
        self._size -= 1
        item = waiting.pop(0)[2]
        if waiting:
            self._queues.move_to_end(queue)
        else:
            del self._queues[queue]
        return item

    def advance(self, queue: str) -> None:
        """To the front of those that take turns."""
        if queue in self._queues:
            self._queues.move_to_end(queue, last=False)

    def drop_before(self, queue: str, rank: int) -> list[T]:
        """Takes out what ranks before `rank`."""
        waiting = self._queues[queue]
        dropped = 0
        while dropped < len(waiting) and waiting[dropped][0] < rank:
            dropped += 1
        gone, waiting[:dropped] = waiting[:dropped], []
        self._size -= dropped
        if not waiting:
            del self._queues[queue]
        return [item for _, _, item in gone]

    def drop_all(self, rank: int) -> list[T]:
        """The same of every queue."""
        return [item for queue in list(self._queues) for item in self.drop_before(queue, rank)]
