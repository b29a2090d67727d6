"""A lock that many may hold together, or one alone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SharedExclusiveLock:
    """Admits any number of shared holders, or one exclusive holder, in the order in which they ask.

    A waiter that is cancelled holds nothing, and nobody waits behind it.
    """

    def __init__(self) -> None:
        self._holders = 0
        self._exclusive = False
        self._waiting: deque[tuple[bool, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Hold it together with other shared holders."""
        await self._acquire(exclusive=False)
        try:
            yield
        finally:
            self._release()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Hold it alone."""
        await self._acquire(exclusive=True)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, *, exclusive: bool) -> None:
        if not self._waiting and self._fits(exclusive):
            self._admit(exclusive)
            return
        admitted = asyncio.get_running_loop().create_future()
        self._waiting.append((exclusive, admitted))
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                # Cancelled after it was admitted.
                self._release()
            else:
                # Whoever waits behind it may be admitted now.
                self._admit_waiting()
            raise

    def _release(self) -> None:
        self._holders -= 1
        self._exclusive = False
        self._admit_waiting()

    def _fits(self, exclusive: bool) -> bool:
        return not self._holders if exclusive else not self._exclusive

    def _admit(self, exclusive: bool) -> None:
        self._holders += 1
        self._exclusive = exclusive

    def _admit_waiting(self) -> None:
        while self._waiting:
            exclusive, admitted = self._waiting[0]
            # One that was cancelled may not have run since, and is still in the queue.
            if not admitted.cancelled():
                if not self._fits(exclusive):
                    return
                self._admit(exclusive)
                admitted.set_result(None)
            self._waiting.popleft()
