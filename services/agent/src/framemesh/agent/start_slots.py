"""How many workers of a node start at the same time."""

import asyncio
from collections.abc import Callable

HELD_SECONDS = 10.0
"""A worker that takes longer to start, for a large model for one, holds up the others no more: it
waits for its disk or its GPU then, not for a CPU."""


class StartSlot:
    """The right to start, until it is given back or too old."""

    def __init__(self, given_back: Callable[[], None], seconds: float) -> None:
        self._given_back = given_back
        self._timer = asyncio.get_running_loop().call_later(seconds, self.give_back)
        self._held = True

    def give_back(self) -> None:
        """A second time does nothing."""
        if self._held:
            self._held = False
            self._timer.cancel()
            self._given_back()


def slots_for(cpus: int) -> int:
    """A start is work for one CPU, and waits for its disk and the broker in between: one more
    keeps the CPUs at work."""
    return cpus + 1


class StartSlots:
    """Lets so many workers start at the same time, in the order in which they ask.

    Many that start at once are all ready at the end, none before. The first should serve while the
    others start: docs/scaling.md has the times.
    """

    def __init__(self, count: int, held_seconds: float = HELD_SECONDS) -> None:
        self._free = asyncio.Semaphore(count)
        self._held_seconds = held_seconds

    async def take(self) -> StartSlot:
        """Wait for a slot; cancelled meanwhile, none was taken."""
        await self._free.acquire()
        return StartSlot(self._free.release, self._held_seconds)
