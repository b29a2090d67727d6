"""The sinks that there are, as this process last read them."""

import asyncio
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore, StoredSink
from framemesh.runtime.logs import get_logger

log = get_logger()

POLL_SECONDS = 1.0
"""Between two readings: a sink that is added begins within about two seconds."""


class Roster:
    """Reads the definitions again and again. What is known stays while the broker is away."""

    def __init__(self, store: SinkStore) -> None:
        self._store = store
        self._sinks: Mapping[int, StoredSink] = MappingProxyType({})
        self._some, self._none = asyncio.Event(), asyncio.Event()

    def numbers(self) -> Collection[int]:
        """Of all sinks."""
        return self._sinks.keys()

    def get(self, number: int) -> StoredSink | None:
        """A sink; None: it was removed."""
        return self._sinks.get(number)

    async def some(self) -> None:
        """Wait until there is a sink."""
        await self._some.wait()

    async def none(self) -> None:
        """Wait until there is no sink any more."""
        await self._none.wait()

    async def run(self) -> NoReturn:
        """Read until cancelled."""
        told = False
        while True:
            try:
                self._set(await self._store.list())
                told = False
            except FramemeshError as error:
                if not told:
                    log.info("sinks cannot be read, will try again", why=str(error))
                told = True
            await asyncio.sleep(POLL_SECONDS)

    def _set(self, sinks: list[StoredSink]) -> None:
        self._sinks = MappingProxyType({sink.number: sink for sink in sinks})
        present, absent = (self._some, self._none) if sinks else (self._none, self._some)
        present.set()
        absent.clear()
