"""Frames that are looked at together, and those that must be alone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SharedExclusiveLock:
    """Lets in many at once, or one alone, in the order in which they ask."""

    def __init__(self) -> None:
        self._inside = 0
        self._exclusive = False
        self._waiting: deque[tuple[bool, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Among any number of others."""
        await self._enter(exclusive=False)
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """With nobody else: whatever happens now, only this one can have done it."""
        await self._enter(exclusive=True)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, *, exclusive: bool) -> None:
        if not self._waiting and self._fits(exclusive):
            self._admit(exclusive)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((exclusive, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Cancelled after it was let in.
                self._leave()
            else:
                self._waiting.remove((exclusive, turn))
                self._wake()
            raise

    def _leave(self) -> None:
        self._inside -= 1
        self._exclusive = False
        self._wake()

    def _fits(self, exclusive: bool) -> bool:
        return not self._inside if exclusive else not self._exclusive

    def _admit(self, exclusive: bool) -> None:
        self._inside += 1
        self._exclusive = exclusive

    def _wake(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            exclusive, turn = self._waiting.popleft()
            self._admit(exclusive)
            turn.set_result(None)
