"""Locks that are named by what they protect."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from framemesh.runtime.concurrency.broadcast import Broadcast


class KeyedLocks:
    """Who waits for one key does not wait for those who hold others.

    Several keys are taken together or not at all, so nobody holds one while waiting for the next of
    the same call. A key that nobody holds takes no room.
    """

    def __init__(self) -> None:
        self._exclusive: set[str] = set()
        self._shared: Counter[str] = Counter()
        """By key: how many share it."""
        self._released = Broadcast()

    @asynccontextmanager
    async def exclusive(self, *keys: str) -> AsyncIterator[None]:
        """Nobody else holds one of these keys in the body."""
        await self._released.wait_for(lambda: self._take(frozenset(keys)))
        try:
            yield
        finally:
            self._exclusive -= frozenset(keys)
            self._released.notify()

    @asynccontextmanager
    async def shared(self, *keys: str) -> AsyncIterator[None]:
        """Nobody holds one of these keys exclusively in the body; others may share them."""
        await self._released.wait_for(lambda: self._share(frozenset(keys)))
        try:
            yield
        finally:
            self._shared -= Counter(frozenset(keys))
            self._released.notify()

    def _take(self, keys: frozenset[str]) -> bool | None:
        if keys & self._exclusive or keys & self._shared.keys():
            return None
        self._exclusive |= keys
        return True

    def _share(self, keys: frozenset[str]) -> bool | None:
        if keys & self._exclusive:
            return None
        self._shared += Counter(keys)
        return True
