"""Frames that are looked at together, and those that must be alone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Crowd:
    """Lets in many at once, or one alone, in the order in which they ask."""

    def __init__(self) -> None:
        self._inside = 0
        self._alone = False
        self._waiting: deque[tuple[bool, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Among any number of others."""
        await self._enter(alone=False)
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """With nobody else: whatever happens now, only this one can have done it."""
        await self._enter(alone=True)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, *, alone: bool) -> None:
        if not self._waiting and self._fits(alone):
            self._admit(alone)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((alone, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Cancelled after it was let in.
                self._leave()
            else:
                self._waiting.remove((alone, turn))
                self._wake()
            raise

    def _leave(self) -> None:
        self._inside -= 1
        self._alone = False
        self._wake()

    def _fits(self, alone: bool) -> bool:
        return not self._inside if alone else not self._alone

    def _admit(self, alone: bool) -> None:
        self._inside += 1
        self._alone = alone

    def _wake(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            alone, turn = self._waiting.popleft()
            self._admit(alone)
            turn.set_result(None)
