"""Keeps one projection up to date, from its last checkpoint to the end of its stream and on."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from framemesh.core.clock import Clock
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.monitor.projection.checkpointer import Checkpointer
from framemesh.monitor.projection.projection import P, Progress, ProjectionType
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.broadcast import Broadcast
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger

log = get_logger()

T = TypeVar("T")

BATCH_WINDOW_SECONDS = 0.25
"""How far a projection may be behind: read one by one, messages cost the broker and the monitor
about as much as the rest of what they do for a frame."""

RETRY_SECONDS = 0.5
"""Before a broker that did not answer is asked again."""

LAST_SAVE_SECONDS = 1.0
"""For the checkpoint of a monitor that stops. Without it the next one reads what came in
the seconds since the checkpoint before."""


class ProjectionRunner(Generic[P]):
    """A projection of one stream of a pipeline, and what reads that stream for it."""

    def __init__(
        self,
        broker: Broker,
        pipeline: str,
        stream: str,
        kind: ProjectionType[P],
        *,
        checkpoints: CheckpointStore,
        advanced: Broadcast,
        clock: Clock,
    ) -> None:
        """`advanced` is notified with every message that is applied."""
        self._broker = broker
        self._name = f"{pipeline}.{kind.name}"
        self._reader = OrderedReader(
            broker, stream, clock, batch_window_seconds=BATCH_WINDOW_SECONDS
        )
        self._checkpointer = Checkpointer(checkpoints, pipeline, kind, clock)
        self._applying = asyncio.Lock()
        """Held by whoever changes the projection, and by whoever needs it unchanged across a
        wait."""
        self._progress: Progress[P] | None = None
        """None until it is known where to begin."""
        self._advanced = advanced

    def current(self, created: str) -> Progress[P] | None:
        """The projection as far as it is; None where it is not of the stream created then, or not
        opened yet."""
        return self._progress if self._reader.created == created else None

    async def in_thread(self, read: Callable[[P], T], projection: P) -> T:
        """What `read` says of a projection of this runner, in a thread: of a large one it takes a
        tenth of a second. Nothing is applied meanwhile."""
        async with self._applying:
            return await asyncio.to_thread(read, projection)

    async def run(self) -> None:
        """Read until the stream is deleted, or until cancelled; then the projection is saved."""
        try:
            await self._read(await self._load())
        except StreamGone:
            # A pipeline that is applied under the same name begins anew.
            log.info("projection closed", projection=self._name)
            await self._delete_checkpoint()

    async def _load(self) -> Progress[P]:
        failed = False
        while True:
            try:
                progress = self._progress = await self._checkpointer.load(self._reader)
                self._advanced.notify()
                log.info("projection opened", projection=self._name, sequence=progress.sequence)
                return progress
            except BrokerUnavailable as error:
                if not failed:
                    log.warning("cannot open projection", projection=self._name, error=str(error))
                failed = True
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, progress: Progress[P]) -> None:
        async def apply(message: ReceivedMessage) -> None:
            async with self._applying:
                progress.apply(message)
            self._advanced.notify()

        saving = self._checkpointer.run(self._reader.created, progress, self._applying)
        try:
            async with background_task(saving):
                await self._reader.read(apply, after=progress.sequence)
        except asyncio.CancelledError:
            await self._save_last(progress)
            raise

    async def _save_last(self, progress: Progress[P]) -> None:
        if not self._broker.connected.is_set():
            return
        try:
            async with asyncio.timeout(LAST_SAVE_SECONDS):
                await self._checkpointer.save(self._reader.created, progress, self._applying)
        except TimeoutError:
            log.warning("no time for a last checkpoint", projection=self._name)

    async def _delete_checkpoint(self) -> None:
        try:
            await self._checkpointer.delete()
        except BrokerUnavailable as error:
            # The next reader sees that it belongs to another stream.
            log.warning("checkpoint is left", projection=self._name, error=str(error))
