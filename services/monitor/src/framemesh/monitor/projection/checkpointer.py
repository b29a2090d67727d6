"""Keeps the checkpoint of one projection close behind it."""

import asyncio
from typing import Generic

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.projection.checkpoint_message import (
    Checkpoint,
    CheckpointCorrupt,
    checkpoint_from_payload,
    checkpoint_to_payload,
)
from framemesh.monitor.projection.checkpoint_store import CheckpointStore, CheckpointTaken
from framemesh.monitor.projection.projection import P, Progress, ProjectionType
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.logs import get_logger

log = get_logger()

PAUSE_SECONDS = 2.0
"""Between two checkpoints of a projection that changes. The stream keeps what came since, so this
is what a monitor reads again after it was killed, and no more."""

MIN_IDLE_RATIO = 20
"""The pause is at least so many times as long as a checkpoint takes: 12 s for large ledgers."""

MAX_PAUSE_SECONDS = 30.0
"""However long the broker did not answer."""


class Checkpointer(Generic[P]):
    """Loads a projection, and saves it whenever it has changed."""

    def __init__(
        self, checkpoints: CheckpointStore, pipeline: str, kind: ProjectionType[P], clock: Clock
    ) -> None:
        self._checkpoints = checkpoints
        self._kind = kind
        self._key = f"{pipeline}.{kind.name}"
        self._clock = clock
        self._revision = 0
        self._saved = 0
        """The sequence number that the last checkpoint is of."""
        self._problem = ""

    async def load(self, reader: OrderedReader) -> Progress[P]:
        """The projection that was last saved of the stream of `reader`; an empty one if there is
        none.

        Raises:
            StreamGone: there is no such stream.
            BrokerUnavailable: no answer in time.
        """
        self._revision, checkpoint = await self._read()
        # After it, as the stream grows.
        extent = await reader.extent()
        if checkpoint is None:
            return Progress(self._kind.empty())
        if checkpoint.stream_created != reader.created:
            log.info("checkpoint is of another stream", checkpoint=self._key)
            await self.delete()
            return Progress(self._kind.empty())
        try:
            restored = await asyncio.to_thread(self._kind.restore, checkpoint.state)
        except ValueError as error:
            self._ignored(error)
            return Progress(self._kind.empty())
        if checkpoint.sequence > extent.last:
            # A broker that lost power lost its last messages, and gives their numbers away again.
            log.warning("stream has lost its end", checkpoint=self._key, last=extent.last)
        self._saved = min(checkpoint.sequence, extent.last)
        return Progress(restored, self._saved, checkpoint.unread)

    async def run(self, created: str, progress: Progress[P], applying: asyncio.Lock) -> None:
        """Save again and again until cancelled. Changes of the projection hold `applying`."""
        while True:
            began = self._clock.monotonic()
            await self.save(created, progress, applying)
            spent = self._clock.monotonic() - began
            pause = max(PAUSE_SECONDS, MIN_IDLE_RATIO * spent)
            await asyncio.sleep(min(pause, MAX_PAUSE_SECONDS))

    async def save(self, created: str, progress: Progress[P], applying: asyncio.Lock) -> None:
        """Save the projection if it has changed; what hinders that is logged."""
        if progress.sequence == self._saved:
            return
        try:
            # In threads: a ledger of 4,000 cameras takes half a second.
            async with applying:
                sequence, unread = progress.sequence, progress.unread
                write = await asyncio.to_thread(progress.projection.capture)
            state = await asyncio.to_thread(write)
            await self._write(Checkpoint(created, sequence, unread, state))
            self._log_change("")
        except FramemeshError as error:
            self._log_change(str(error))
        except Exception as error:  # noqa: BLE001  without checkpoints the projection goes on
            self._log_change(repr(error))

    async def delete(self) -> None:
        """Delete the checkpoint, unless somebody replaced it.

        Raises:
            BrokerUnavailable: no answer in time.
        """
        await self._checkpoints.remove(self._key, self._revision)
        self._revision = 0

    async def _read(self) -> tuple[int, Checkpoint | None]:
        """The revision of what is stored, and what it is; None if it is nothing, or damaged."""
        stored = await self._checkpoints.load(self._key)
        if not stored.payload:
            return stored.revision, None
        try:
            found = await asyncio.to_thread(checkpoint_from_payload, stored.payload)
        except CheckpointCorrupt as error:
            self._ignored(error)
            return stored.revision, None
        return stored.revision, found

    async def _write(self, checkpoint: Checkpoint) -> None:
        payload = await asyncio.to_thread(checkpoint_to_payload, checkpoint)
        try:
            self._revision = await self._checkpoints.save(self._key, payload, self._revision)
            self._saved = checkpoint.sequence
        except CheckpointTaken:
            # A second monitor runs. Either may write, but none that was stopped for an hour over
            # what is newer.
            revision, theirs = await self._read()
            if theirs is None or _is_older(theirs, checkpoint):
                self._revision = revision

    def _ignored(self, error: Exception) -> None:
        log.error("checkpoint is ignored", checkpoint=self._key, error=str(error))

    def _log_change(self, problem: str) -> None:
        """Log a problem once, however often it comes."""
        if problem and problem != self._problem:
            log.warning("checkpoint is not saved", checkpoint=self._key, error=problem)
        self._problem = problem


def _is_older(theirs: Checkpoint, ours: Checkpoint) -> bool:
    return theirs.stream_created != ours.stream_created or theirs.sequence < ours.sequence
