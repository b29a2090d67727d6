"""The books of all pipelines, each kept by a reader of its own."""

import asyncio

import structlog

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.book import Book
from framemesh.runtime.broker import Broker
from framemesh.runtime.pipeline_store import PipelineStore
from framemesh.runtime.subjects import ledger_stream
from framemesh.runtime.tail import StreamGone, Tail

log = structlog.get_logger()

PERIOD_SECONDS = 1.0
"""Between two looks for new pipelines."""


class Library:
    """Finds the pipelines, and reads their ledger streams from the beginning."""

    def __init__(self, broker: Broker, pipelines: PipelineStore, clock: Clock) -> None:
        self._broker = broker
        self._pipelines = pipelines
        self._clock = clock
        self._books: dict[str, Book] = {}

    def book(self, pipeline: str) -> Book:
        """The book of a pipeline; an empty one while its reader has not begun."""
        return self._books.get(pipeline) or Book()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as readers:
            while True:
                for name in await self._names():
                    if name not in self._books:
                        self._books[name] = Book()
                        readers.create_task(self._keep(name))
                await asyncio.sleep(PERIOD_SECONDS)

    async def _keep(self, pipeline: str) -> None:
        try:
            await Tail(self._broker, ledger_stream(pipeline), self._clock).read(
                self._books[pipeline].enter
            )
        except StreamGone:
            # Deleted; a pipeline that is applied under the same name begins a new book.
            del self._books[pipeline]
            log.info("book closed", pipeline=pipeline)

    async def _names(self) -> list[str]:
        try:
            return await self._pipelines.names()
        except FramemeshError as error:
            log.debug("cannot look for pipelines, will try again", error=str(error))
            return []
