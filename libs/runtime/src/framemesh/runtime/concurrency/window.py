"""A bound on what is under way, in count and in bytes."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Window:
    """Admits so many things of so many bytes at once, in the order in which they came.

    Something larger than all the bytes is admitted alone.
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.count = 0
        self.bytes = 0

    @asynccontextmanager
    async def held(self, size: int) -> AsyncIterator[None]:
        """Hold a place for `size` bytes for as long as the context lasts."""
        await self.acquire(size)
        try:
            yield
        finally:
            self.release(size)

    async def acquire(self, size: int) -> None:
        """Take a place for `size` bytes, once there is one; whoever takes it must release it.

        Cancelled, it has taken none.
        """
        if not self._waiting and self._fits(size):
            self._admit(size)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Cancelled after its turn had come: the place is somebody else's now.
                self.release(size)
            else:
                self._wake()
            raise

    def release(self, size: int) -> None:
        """Give back a place for `size` bytes, to whoever waits next."""
        self.count -= 1
        self.bytes -= size
        self._wake()

    def _fits(self, size: int) -> bool:
        return self.count == 0 or (
            self.count < self._max_count and self.bytes + size <= self._max_bytes
        )

    def _admit(self, size: int) -> None:
        self.count += 1
        self.bytes += size

    def _wake(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            # Somebody who was cancelled may not know it yet, and waits no more.
            if not turn.cancelled():
                if not self._fits(size):
                    return
                self._admit(size)
                turn.set_result(None)
            self._waiting.popleft()
