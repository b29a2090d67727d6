"""Keeps the checkpoint of one pipeline close behind its book."""

import asyncio

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.checkpoint.message import (
    Checkpoint,
    CheckpointCorrupt,
    from_payload,
    to_payload,
)
from framemesh.monitor.checkpoint.store import CheckpointStore, CheckpointTaken
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger, PipelineLedgerState
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.logs import get_logger

log = get_logger()

RETRY_SECONDS = 2.0
"""Between two checkpoints of a book that changes. The stream keeps what came since for a day, so
this is what a monitor reads again after it was killed, and no more."""

MIN_IDLE_RATIO = 20
"""The pause is at least so many times as long as a checkpoint takes: 12 s for the largest books."""

MAX_PAUSE_SECONDS = 30.0
"""However long the broker did not answer."""


class Checkpointer:
    """Loads a book, and saves it whenever it has changed."""

    def __init__(self, checkpoints: CheckpointStore, pipeline: str, clock: Clock) -> None:
        self._checkpoints = checkpoints
        self._pipeline = pipeline
        self._clock = clock
        self._revision = 0
        self._saved = 0
        """The sequence number that the last checkpoint is of."""
        self._fault = ""

    async def load(self, tail: OrderedReader) -> PipelineLedger:
        """The book that was last saved of the stream of `tail`; an empty one if there is none.

        Raises:
            StreamGone: there is no such stream.
            BrokerUnavailable: no answer in time.
        """
        self._revision, checkpoint = await self._read()
        # After it, as the stream grows.
        extent = await tail.extent()
        if checkpoint is None:
            return PipelineLedger()
        if checkpoint.stream_created != tail.created:
            log.info("checkpoint is of another stream", pipeline=self._pipeline)
            await self.forget()
            return PipelineLedger()
        ledger = checkpoint.ledger
        if ledger.sequence > extent.last:
            # A broker that lost power lost its last entries, and gives their numbers away again.
            log.warning("stream has lost its end", pipeline=self._pipeline, last=extent.last)
            ledger.sequence = extent.last
        self._saved = ledger.sequence
        return ledger

    async def keep(self, created: str, ledger: PipelineLedger, reading: asyncio.Lock) -> None:
        """Save again and again until cancelled. Whoever changes the book holds `reading`."""
        while True:
            began = self._clock.monotonic()
            await self.save(created, ledger, reading)
            spent = self._clock.monotonic() - began
            pause = max(RETRY_SECONDS, MIN_IDLE_RATIO * spent)
            await asyncio.sleep(min(pause, MAX_PAUSE_SECONDS))

    async def save(self, created: str, ledger: PipelineLedger, reading: asyncio.Lock) -> None:
        """Save the book if it has changed; what hinders that is logged."""
        if ledger.sequence == self._saved:
            return
        try:
            # In threads: a book of 4,000 cameras takes half a second.
            async with reading:
                state = await asyncio.to_thread(lambda: ledger.state)
            await self._write(created, state)
            self._tell("")
        except FramemeshError as error:
            self._tell(str(error))
        except Exception as error:  # noqa: BLE001  without checkpoints the ledger goes on
            self._tell(repr(error))

    async def forget(self) -> None:
        """Remove the checkpoint, unless somebody replaced it.

        Raises:
            BrokerUnavailable: no answer in time.
        """
        await self._checkpoints.remove(self._pipeline, self._revision)
        self._revision = 0

    async def _read(self) -> tuple[int, Checkpoint | None]:
        """The revision of what is stored, and what it is; None if it is nothing, or damaged."""
        stored = await self._checkpoints.load(self._pipeline)
        if not stored.payload:
            return stored.revision, None
        try:
            return stored.revision, await asyncio.to_thread(from_payload, stored.payload)
        except CheckpointCorrupt as error:
            log.error("checkpoint is ignored", pipeline=self._pipeline, error=str(error))
            return stored.revision, None

    async def _write(self, created: str, ledger: PipelineLedgerState) -> None:
        payload = await asyncio.to_thread(to_payload, created, ledger)
        try:
            self._revision = await self._checkpoints.save(self._pipeline, payload, self._revision)
            self._saved = ledger.sequence
        except CheckpointTaken:
            # A second monitor runs. Either may write, but none that was stopped for an hour over
            # what is newer.
            revision, theirs = await self._read()
            if theirs is None or _is_older(theirs, created, ledger):
                self._revision = revision

    def _tell(self, fault: str) -> None:
        """Log a change of state."""
        if fault and fault != self._fault:
            log.warning("checkpoint is not saved", pipeline=self._pipeline, error=fault)
        self._fault = fault


def _is_older(theirs: Checkpoint, created: str, ledger: PipelineLedgerState) -> bool:
    return theirs.stream_created != created or theirs.ledger.sequence < ledger.sequence
