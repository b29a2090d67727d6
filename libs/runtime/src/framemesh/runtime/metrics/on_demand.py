"""Figures that take a request to find out: asked for only while somebody reads the metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn


class OnDemand:
    """Refreshes figures after they were read, so that the next reader has newer ones."""

    def __init__(self, refresh: Callable[[], Awaitable[None]], period_seconds: float) -> None:
        """
        Args:
            refresh: raises nothing, and ends by itself.
            period_seconds: between two refreshes, at least.
        """
        self._refresh = refresh
        self._period_seconds = period_seconds
        self._read = asyncio.Event()

    def read(self) -> None:
        """Somebody reads the figures as they are."""
        self._read.set()

    async def run(self) -> NoReturn:
        """Runs until cancelled."""
        while True:
            await self._refresh()
            await asyncio.sleep(self._period_seconds)
            self._read.clear()
            await self._read.wait()
