"""The books of all pipelines, each kept by a reader of its own."""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.book import Book
from framemesh.monitor.errors import BookBehind
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.subjects import ledger_stream
from framemesh.runtime.jetstream.tail import StreamGone, Tail

log = structlog.get_logger()

PERIOD_SECONDS = 1.0
"""Between two looks for new pipelines that nobody asked for."""

CATCH_UP_SECONDS = 5.0
"""How long a question waits for a reader that is behind. A monitor that starts reads some 10,000
entries a second."""

POLL_SECONDS = 0.01
"""Between two looks at how far a reader is, while somebody waits for it."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """A book, and what reads the stream for it."""

    book: Book
    tail: Tail

    def has_read(self, created: str, sequence: int) -> bool:
        """Whether it read the stream that was made then, up to that message."""
        return self.tail.created == created and self.book.sequence >= sequence


class Library:
    """Finds the pipelines, and reads their ledger streams from the beginning."""

    def __init__(self, broker: Broker, pipelines: PipelineStore, clock: Clock) -> None:
        self._broker = broker
        self._pipelines = pipelines
        self._clock = clock
        self._readers: dict[str, _Reader] = {}
        self._asked = asyncio.Event()
        """Set by who waits for a pipeline that has no reader yet."""

    async def book(self, pipeline: str) -> Book:
        """The book of a pipeline, with everything that was written before this question.

        Raises:
            StreamGone: there is no such pipeline.
            BookBehind: its reader has not come so far yet.
            BrokerUnavailable: the broker does not answer in time.
        """
        stream = self._tail(pipeline)
        last = await stream.last_kept_sequence()
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                while True:
                    reader = self._readers.get(pipeline)
                    if reader and reader.has_read(stream.created, last):
                        return reader.book
                    if reader is None:
                        self._asked.set()
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise BookBehind(f"the ledger of {pipeline!r} is being read: ask again") from error

    async def run(self) -> None:
        """Keep the books until cancelled."""
        async with asyncio.TaskGroup() as reading:
            while True:
                self._asked.clear()
                for name in await self._names():
                    if name not in self._readers:
                        self._readers[name] = _Reader(Book(), self._tail(name))
                        reading.create_task(self._keep(name, self._readers[name]))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await self._asked.wait()

    async def _keep(self, pipeline: str, reader: _Reader) -> None:
        async def enter(entry: Delivery) -> None:
            reader.book.enter(entry)

        try:
            await reader.tail.read(enter)
        except StreamGone:
            # Deleted; a pipeline that is applied under the same name begins a new book.
            del self._readers[pipeline]
            log.info("book closed", pipeline=pipeline)

    def _tail(self, pipeline: str) -> Tail:
        return Tail(self._broker, ledger_stream(pipeline), self._clock)

    async def _names(self) -> list[str]:
        try:
            return await self._pipelines.names()
        except FramemeshError as error:
            log.debug("cannot look for pipelines, will try again", error=str(error))
            return []
