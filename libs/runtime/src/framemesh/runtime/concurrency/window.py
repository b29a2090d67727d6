"""A bound on what is in progress, in count and in bytes."""

from contextlib import AbstractAsyncContextManager

from framemesh.runtime.concurrency.admission import AdmissionQueue


class Window:
    """Admits so many items of so many bytes at once, in the order in which they came.

    An item that is larger than all the bytes is admitted alone.
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._queue = AdmissionQueue(self._take, self._put_back)
        self.count = 0
        self.bytes = 0

    def held(self, size: int) -> AbstractAsyncContextManager[int]:
        """Hold a place for `size` bytes for as long as the context lasts."""
        return self._queue.held(size)

    async def acquire(self, size: int) -> None:
        """Take a place for `size` bytes, once there is one; the caller must release it.

        Cancelled, it has taken none.
        """
        await self._queue.acquire(size)

    def release(self, size: int) -> None:
        """Release a place for `size` bytes, and admit the next waiters."""
        self._queue.release(size)

    def _take(self, size: int) -> int | None:
        fits = self.count < self._max_count and self.bytes + size <= self._max_bytes
        if self.count and not fits:
            return None
        self.count += 1
        self.bytes += size
        return size

    def _put_back(self, size: int) -> None:
        self.count -= 1
        self.bytes -= size
