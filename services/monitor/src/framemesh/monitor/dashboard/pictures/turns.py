"""Whose picture is taken next: so many a second in all, in turn."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NoReturn

PICTURES_PER_SECOND_OF_CAMERA = 5.0


class Turns:
    """Cameras that ask in turn get their pictures in turn: none is passed over for another."""

    def __init__(self, pause_seconds: Callable[[], float]) -> None:
        """`pause_seconds`: from one turn to the next."""
        self._pause_seconds = pause_seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._asked = asyncio.Event()

    async def next(self) -> None:
        """Wait for a turn. One who is cancelled takes none."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._asked.set()
        try:
            await turn
        finally:
            turn.cancel()

    async def run(self) -> NoReturn:
        """Give turns until cancelled."""
        while True:
            while self._waiting and self._waiting[0].done():
                self._waiting.popleft()
            if self._waiting:
                self._waiting.popleft().set_result(None)
                await asyncio.sleep(self._pause_seconds())
            else:
                self._asked.clear()
                await self._asked.wait()
