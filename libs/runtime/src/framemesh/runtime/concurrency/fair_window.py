"""A bound on what is in progress, of which each of many keys gets a share."""

from collections import OrderedDict

from framemesh.runtime.concurrency.admission import AdmissionQueue

MAX_IDLE_SHARES = 256
"""Kept for their keys' next items, as making them costs as much as an admission."""


class FairWindow:
    """Admits items of many keys, so that keys whose items stay leave room for the others.

    A key may hold as much as it leaves free. One key alone gets half of the window, each of n busy
    keys gets one part in n + 1, and a key that holds nothing finds room at once, whatever others
    hold. The items of one key are admitted in the order in which they came.

    This is the dynamic threshold by which switches share the memory of their ports (Choudhury and
    Hahne, 1998).
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        """In progress are at most `max_count` items, and `max_bytes` bytes and one item."""
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._shares: dict[str, _Share] = {}
        self._waiting: OrderedDict[str, _Share] = OrderedDict()
        """Those with items that wait; whose turn comes first, first."""
        self.count = 0
        self.bytes = 0

    async def acquire(self, key: str, size: int) -> None:
        """Take a place for an item of `size` bytes, once there is one; who takes it must release
        it. Cancelled, it has taken none."""
        if not self.try_acquire(key, size):
            await self._wait(key, self._share(key), size)

    def try_acquire(self, key: str, size: int) -> bool:
        """Take a place as `acquire` does, if there is one at this moment."""
        share = self._share(key)
        return not share.queue.waiting and share.take(size) is not None

    def _share(self, key: str) -> "_Share":
        share = self._shares.get(key)
        if share is None:
            share = self._shares[key] = _Share(self)
        return share

    def release(self, key: str, size: int) -> None:
        """Release a place, and admit the next waiters."""
        share = self._shares[key]
        share.queue.release(size)
        if not share.count and len(self._shares) > MAX_IDLE_SHARES and not share.queue.waiting:
            del self._shares[key]

    async def _wait(self, key: str, share: "_Share", size: int) -> None:
        self._waiting[key] = share
        try:
            await share.queue.acquire(size)
        finally:
            if not share.queue.waiting:
                self._waiting.pop(key, None)

    def wake(self, but: "_Share") -> None:
        """Admit what fits of every share but one, each being the first in its turn."""
        if not self._waiting:
            return
        self._waiting.move_to_end(next(iter(self._waiting)))
        for share in list(self._waiting.values()):
            if share is not but:
                share.queue.wake()

    def fits(self, share: "_Share", size: int) -> bool:
        """Whether one more item of a share does."""
        if self.count >= self._max_count:
            return False
        if not share.count:
            # Whatever its size, unless somebody else's large item is in progress already.
            return self.bytes <= self._max_bytes
        return (
            share.count + 1 <= self._max_count - self.count - 1
            and share.bytes + size <= self._max_bytes - self.bytes - size
        )


class _Share:
    """What one key has in progress."""

    __slots__ = ("_window", "bytes", "count", "queue")

    def __init__(self, window: FairWindow) -> None:
        self._window = window
        self.count = 0
        self.bytes = 0
        self.queue = AdmissionQueue(self.take, self._put_back)

    def take(self, size: int) -> int | None:
        if not self._window.fits(self, size):
            return None
        self._add(1, size)
        return size

    def _put_back(self, size: int) -> None:
        self._add(-1, -size)
        self._window.wake(self)

    def _add(self, count: int, size: int) -> None:
        self.count += count
        self.bytes += size
        self._window.count += count
        self._window.bytes += size
