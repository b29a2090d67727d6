"""The spool on disk as the core of a camera sees it: what is there, and what is on the way."""

import math
from collections import deque
from dataclasses import dataclass

from framemesh.sdk.session.credit import Cost, Credit
from framemesh.sdk.session.disk.receipt import Receipt
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened, Stored
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.spools import DiskSpool

QUEUED = Credit(64, 16 * 1024 * 1024)
"""On the way to the disk, in memory: what a disk that is slow for a moment takes afterwards."""

READY = Credit(64, 16 * 1024 * 1024)
"""Read from the disk, and about to be sent: what a stream takes while more is read."""

RECORD_OVERHEAD = 512
"""Bytes of a record besides its image, at most."""

LEAST_LOOK_SECONDS = 1.0
"""Between two looks for frames that are too old, while nothing else is to be done."""


@dataclass(slots=True, eq=False)
class _Queued:
    frame: OfferedFrame
    receipt: Receipt


class DiskQueue:
    """No I/O: `take_work` says what is to be done on the disk, `done` is told what was."""

    def __init__(self, spool: DiskSpool, *, drops: bool) -> None:
        self._spool = spool
        self._drops = drops
        self._queued: deque[_Queued] = deque()
        self._writing: tuple[_Queued, ...] = ()
        self._cost = Cost()
        """Of both."""
        self._settled: list[int] = []
        self._is_working = False
        self._sync_due = self._look_due = math.inf
        self.is_open = False
        self.unread = 0
        """Frames on the disk, and in no memory."""
        self.used_bytes = 0
        self.oldest_unix_nano: int | None = None
        self._reclaimable = 0

    @property
    def pending(self) -> int:
        """Frames that are not yet in the memory of the session."""
        return self.unread + len(self._queued) + len(self._writing)

    def can_hold(self, size: int) -> bool:
        """Whether an image of `size` bytes fits into the spool at all."""
        return size + RECORD_OVERHEAD <= self._spool.max_bytes

    def admits(self, size: int) -> bool:
        """Whether an image of `size` bytes may be put now."""
        if not self.is_open or not self._cost.leaves_room(QUEUED, size):
            return False
        queued = self._cost.bytes + self._cost.frames * RECORD_OVERHEAD
        room = self._spool.max_bytes - self.used_bytes - queued
        if not self._cost.frames:
            room += self._reclaimable
        return self._drops or size + RECORD_OVERHEAD <= room

    def put(self, frame: OfferedFrame, receipt: Receipt) -> None:
        self._queued.append(_Queued(frame, receipt))
        self._cost.add(frame)

    def withdraw(self, receipt: Receipt) -> bool:
        """Take a frame back; False if it is being written, or was."""
        for queued in self._queued:
            if queued.receipt is receipt:
                self._queued.remove(queued)
                self._cost.remove(queued.frame)
                return True
        return False

    def settle(self, sequence: int) -> None:
        self._settled.append(sequence)

    def opened(self, opened: SpoolOpened) -> None:
        self.is_open = True
        self.unread, self.used_bytes = opened.unread, opened.used_bytes

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way to the disk."""
        return not (self._queued or self._settled or self._is_working)

    def has_work(self, ready: Cost | None) -> bool:
        """`ready`: what was read and not yet sent; None: there is no stream to send on."""
        return bool(self._queued or self._settled) or self._load_limit(ready) is not None

    def seconds_to_wait(self, now: float) -> float:
        """Until there is work by itself."""
        return max(0.0, min(self._sync_due, self._look_due) - now)

    def take_work(self, ready: Cost | None, now: float) -> DiskWork | None:
        """What to do on the disk now; `done` must follow before the next call."""
        due = min(self._sync_due, self._look_due) <= now
        if not due and not self.has_work(ready):
            return None
        self._is_working = True
        self._writing, self._queued = tuple(self._queued), deque()
        settled, self._settled = tuple(self._settled), []
        load = self._load_limit(ready)
        return DiskWork(
            settled,
            tuple(queued.frame for queued in self._writing),
            self._sent_at_once(ready) if load is None else 0,
            load,
            sync=self._sync_due <= now or (self._spool.sync_seconds == 0 and bool(self._writing)),
        )

    def done(self, work: DiskWork, done: DiskDone, now: float) -> list[OfferedFrame]:
        """What became of the work; returns the frames to send next, in order."""
        self._is_working = False
        writing, self._writing = self._writing, ()
        ready = list(done.loaded)
        for queued, stored in zip(writing, done.stored, strict=True):
            self._cost.remove(queued.frame)
            queued.receipt.stored, queued.receipt.problem = stored, done.problem
            if stored is Stored.SENT:
                ready.append(queued.frame)
        self.unread, self.used_bytes = done.unread, done.used_bytes
        self._reclaimable, self.oldest_unix_nano = done.reclaimable, done.oldest_unix_nano
        if done.is_synced or self._spool.sync_seconds is None:
            self._sync_due = math.inf
        elif work.sync or self._sync_due == math.inf:
            self._sync_due = now + self._spool.sync_seconds
        looks = self._spool.max_age is not None and self.unread
        self._look_due = now + self._look_seconds if looks else math.inf
        return ready

    @property
    def _look_seconds(self) -> float:
        return max(LEAST_LOOK_SECONDS, (self._spool.max_age or 0.0) / 16)

    def _load_limit(self, ready: Cost | None) -> Credit | None:
        """How much may be read; half of what may be there is read again at once."""
        if ready is None or not self.unread or 2 * ready.frames > READY.frames:
            return None
        room = READY.bytes - ready.bytes
        return Credit(READY.frames - ready.frames, room) if room > 0 else None

    def _sent_at_once(self, ready: Cost | None) -> int:
        """How many of the frames that are written need not be read again: they are the next ones,
        and there is a stream for them."""
        if ready is None or self.unread:
            return 0
        cost = Cost(ready.frames, ready.bytes)
        for count, queued in enumerate(self._writing):
            if not cost.leaves_room(READY, len(queued.frame.image)):
                return count
            cost.add(queued.frame)
        return len(self._writing)
