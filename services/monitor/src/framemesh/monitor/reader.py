"""Keeps the book of one pipeline, from its last checkpoint to the end of the stream and on."""

import asyncio

from framemesh.core.clock import Clock
from framemesh.monitor.book import Book
from framemesh.monitor.checkpoints import Checkpoints
from framemesh.monitor.saving import Saver
from framemesh.runtime.beside import beside
from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.jetstream.subjects import ledger_stream
from framemesh.runtime.jetstream.tail import StreamGone, Tail
from framemesh.runtime.logs import get_logger

log = get_logger()

GATHER_SECONDS = 0.05
"""How far the book may be behind: read one by one, entries cost the broker and the monitor about as
much as the rest of what they do for a frame."""

PAUSE_SECONDS = 0.5
"""Before a broker that did not answer is asked again."""

LAST_SAVE_SECONDS = 1.0
"""For the checkpoint of a monitor that is told to stop. Without it the next one reads what came in
the seconds since the checkpoint before."""


class Reader:
    """A book, and what reads the stream for it."""

    def __init__(
        self, broker: Broker, pipeline: str, checkpoints: Checkpoints, clock: Clock
    ) -> None:
        self._broker = broker
        self._pipeline = pipeline
        stream = ledger_stream(pipeline)
        self._tail = Tail(broker, stream, clock, gather_seconds=GATHER_SECONDS)
        self._saver = Saver(checkpoints, pipeline, clock)
        self._reading = asyncio.Lock()
        """Held by whoever changes the book, and by whoever needs it unchanged across a wait."""
        self._book: Book | None = None
        """None until it is known where to begin."""

    def book(self, created: str, sequence: int) -> Book | None:
        """The book, once it has the stream that was made then, up to that message."""
        if self._book is None or self._tail.created != created or self._book.sequence < sequence:
            return None
        return self._book

    async def run(self) -> None:
        """Read until the stream is deleted, or until cancelled; then the book is saved."""
        try:
            await self._read(await self._load())
        except StreamGone:
            # A pipeline that is applied under the same name begins a new book.
            log.info("book closed", pipeline=self._pipeline)
            await self._forget()

    async def _load(self) -> Book:
        failed = False
        while True:
            try:
                book = self._book = await self._saver.load(self._tail)
                log.info("book opened", pipeline=self._pipeline, sequence=book.sequence)
                return book
            except BrokerUnavailable as error:
                if not failed:
                    log.warning("cannot open book", pipeline=self._pipeline, error=str(error))
                failed = True
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self, book: Book) -> None:
        async def enter(entry: Delivery) -> None:
            async with self._reading:
                book.enter(entry)

        try:
            async with beside(self._saver.keep(self._tail.created, book, self._reading)):
                await self._tail.read(enter, after=book.sequence)
        except asyncio.CancelledError:
            await self._save_last(book)
            raise

    async def _save_last(self, book: Book) -> None:
        if not self._broker.connected.is_set():
            return
        try:
            async with asyncio.timeout(LAST_SAVE_SECONDS):
                await self._saver.save(self._tail.created, book, self._reading)
        except TimeoutError:
            log.warning("no time for a last checkpoint", pipeline=self._pipeline)

    async def _forget(self) -> None:
        try:
            await self._saver.forget()
        except BrokerUnavailable as error:
            # Whoever finds it next sees that it is of another stream.
            log.warning("checkpoint is left", pipeline=self._pipeline, error=str(error))
