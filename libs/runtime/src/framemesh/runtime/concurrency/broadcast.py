"""Waiting until something that others change is as it should be."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Broadcast:
    """Wakes all who wait, so that each looks again; as asyncio.Condition, without its lock."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._waiting = 0

    def notify(self) -> None:
        """Something changed."""
        if self._waiting:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def wait_for(self, find: Callable[[], T | None]) -> T:
        """What `find` returns, as soon as that is not None."""
        self._waiting += 1
        try:
            while (found := find()) is None:
                await self._changed.wait()
            return found
        finally:
            self._waiting -= 1
