"""Keeps the book of one pipeline, from its last checkpoint to the end of the stream and on."""

import asyncio

from framemesh.core.clock import Clock
from framemesh.monitor.checkpoint.checkpointer import Checkpointer
from framemesh.monitor.checkpoint.store import CheckpointStore
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import ledger_stream

log = get_logger()

BATCH_WINDOW_SECONDS = 0.05
"""How far the book may be behind: read one by one, entries cost the broker and the monitor about as
much as the rest of what they do for a frame."""

RETRY_SECONDS = 0.5
"""Before a broker that did not answer is asked again."""

LAST_SAVE_SECONDS = 1.0
"""For the checkpoint of a monitor that is told to stop. Without it the next one reads what came in
the seconds since the checkpoint before."""


class LedgerReader:
    """A book, and what reads the stream for it."""

    def __init__(
        self, broker: Broker, pipeline: str, checkpoints: CheckpointStore, clock: Clock
    ) -> None:
        self._broker = broker
        self._pipeline = pipeline
        stream = ledger_stream(pipeline)
        self._tail = OrderedReader(broker, stream, clock, batch_window_seconds=BATCH_WINDOW_SECONDS)
        self._checkpointer = Checkpointer(checkpoints, pipeline, clock)
        self._reading = asyncio.Lock()
        """Held by whoever changes the book, and by whoever needs it unchanged across a wait."""
        self._ledger: PipelineLedger | None = None
        """None until it is known where to begin."""

    def ledger(self, created: str, sequence: int) -> PipelineLedger | None:
        """The book, once it has the stream that was made then, up to that message."""
        if (
            self._ledger is None
            or self._tail.created != created
            or self._ledger.sequence < sequence
        ):
            return None
        return self._ledger

    async def run(self) -> None:
        """Read until the stream is deleted, or until cancelled; then the book is saved."""
        try:
            await self._read(await self._load())
        except StreamGone:
            # A pipeline that is applied under the same name begins a new book.
            log.info("book closed", pipeline=self._pipeline)
            await self._forget()

    async def _load(self) -> PipelineLedger:
        failed = False
        while True:
            try:
                ledger = self._ledger = await self._checkpointer.load(self._tail)
                log.info("book opened", pipeline=self._pipeline, sequence=ledger.sequence)
                return ledger
            except BrokerUnavailable as error:
                if not failed:
                    log.warning("cannot open book", pipeline=self._pipeline, error=str(error))
                failed = True
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, ledger: PipelineLedger) -> None:
        async def enter(entry: ReceivedMessage) -> None:
            async with self._reading:
                ledger.enter(entry)

        try:
            async with background_task(
                self._checkpointer.keep(self._tail.created, ledger, self._reading)
            ):
                await self._tail.read(enter, after=ledger.sequence)
        except asyncio.CancelledError:
            await self._save_last(ledger)
            raise

    async def _save_last(self, ledger: PipelineLedger) -> None:
        if not self._broker.connected.is_set():
            return
        try:
            async with asyncio.timeout(LAST_SAVE_SECONDS):
                await self._checkpointer.save(self._tail.created, ledger, self._reading)
        except TimeoutError:
            log.warning("no time for a last checkpoint", pipeline=self._pipeline)

    async def _forget(self) -> None:
        try:
            await self._checkpointer.forget()
        except BrokerUnavailable as error:
            # Whoever finds it next sees that it is of another stream.
            log.warning("checkpoint is left", pipeline=self._pipeline, error=str(error))
