"""Admission in the order of arrival: the one queue under every bound on work in progress.

A bound says what it can grant: a count, bytes, rows or a lock. This says who is next. Waiters may
be cancelled at any moment, whether they wait, were granted something and do not know it yet, or
hold it: nothing is lost, and those behind them go on.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

Request = TypeVar("Request")
Grant = TypeVar("Grant")


class AdmissionQueue(Generic[Request, Grant]):
    """Grants requests one after the other, first come, first served.

    Nobody overtakes: while the first that waits cannot be granted, nobody is, so that one that asks
    for much is not starved by many that ask for little.

    For one event loop. Never blocks but in `acquire`.
    """

    def __init__(
        self, take: Callable[[Request], Grant | None], put_back: Callable[[Grant], None]
    ) -> None:
        """
        Args:
            take: grants a request if that is possible at this moment, else returns None.
            put_back: undoes `take`.

        Neither may raise, or call this object.
        """
        self._take = take
        self._put_back = put_back
        self._waiting: OrderedDict[asyncio.Future[Grant], Request] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Requests that are not granted yet."""
        return len(self._waiting)

    async def acquire(self, request: Request) -> Grant:
        """Wait until `request` is granted; the caller must `release` the grant.

        Cancelled, it holds nothing.
        """
        if not self._waiting and (granted := self._take(request)) is not None:
            return granted
        grant: asyncio.Future[Grant] = asyncio.get_running_loop().create_future()
        self._waiting[grant] = request
        try:
            return await grant
        except asyncio.CancelledError:
            if grant.done() and not grant.cancelled():
                # Granted, and cancelled before it could go on.
                self.release(grant.result())
            else:
                self._waiting.pop(grant, None)
                # It may have been the first, and there may be enough for those behind it.
                self.wake()
            raise

    def release(self, grant: Grant) -> None:
        """Release a grant, and grant the first waiters."""
        self._put_back(grant)
        self.wake()

    @asynccontextmanager
    async def held(self, request: Request) -> AsyncIterator[Grant]:
        """Hold a grant for as long as the context lasts."""
        grant = await self.acquire(request)
        try:
            yield grant
        finally:
            self.release(grant)

    def wake(self) -> None:
        """Grant what can be granted: after `release`, or whenever a bound has more to grant."""
        while self._waiting:
            grant, request = next(iter(self._waiting.items()))
            # A task that was cancelled has cancelled this already, and removes it when it runs.
            if not grant.cancelled():
                granted = self._take(request)
                if granted is None:
                    return
                grant.set_result(granted)
            del self._waiting[grant]
