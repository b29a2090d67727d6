"""The limits as one of several processes sees them: its supervisor is asked."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from framemesh.ingest.limits.ingest_limits import Rate
from framemesh.ingest.limits.rate_limits import CameraBounds, waited
from framemesh.ingest.processes.link import Link


class SharedRate:
    """Of one camera, in all of its sessions in all processes."""

    def __init__(self, link: Link, number: int, bounds: CameraBounds) -> None:
        self._link = link
        self._number = number
        self.bounds = bounds

    async def admit(self, size: int) -> bool:
        """See Rate.

        Raises:
            LinkSilent: the supervisor does not answer.
        """
        return await waited(await self._link.ask("spend", self._number, size))


class SharedLimits:
    """See Limits. Its contexts raise LinkSilent where the supervisor does not answer."""

    def __init__(self, link: Link, silence_seconds: float) -> None:
        self._link = link
        self.silence_seconds = silence_seconds
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def stream(self, client: str) -> AsyncIterator[None]:
        """See Limits."""
        async with self._held("stream", client):
            yield

    @asynccontextmanager
    async def session(self, pipeline: str, camera: str) -> AsyncIterator[Rate | None]:
        """See Limits."""
        async with self._held("session", pipeline, camera) as (number, bounds):
            yield SharedRate(self._link, number, CameraBounds(*bounds)) if bounds else None

    @asynccontextmanager
    async def _held(self, what: str, *arguments: str) -> AsyncIterator[tuple[int, Any]]:
        number = next(self._numbers)
        try:
            yield number, await self._link.ask(what, number, *arguments)
        finally:
            # Also where nobody waited for the answer, which may have been yes.
            self._link.tell("release", number)
