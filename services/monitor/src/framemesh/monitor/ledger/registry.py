"""The books of all pipelines, each kept by a reader of its own."""

import asyncio
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.monitor.checkpoint.store import CheckpointStore
from framemesh.monitor.errors import LedgerBehind
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.monitor.ledger.reader import LedgerReader
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import ledger_stream

log = get_logger()

REOPEN = Backoff(0.05, 2.0)
"""Before a ledger's stream that was deleted is looked for again, while its pipeline is there."""

LONG_SECONDS = 5.0
"""A ledger that was read for so long was not opened in vain."""

CATCH_UP_TIMEOUT_SECONDS = 5.0
"""How long a question waits for a reader that is behind. A monitor that starts reads some 10,000
entries a second."""

LATEST_TIMEOUT_SECONDS = 3.0
"""The same for who also takes a ledger that is behind."""

POLL_SECONDS = 0.01
"""Between two looks at how far a reader is, while somebody waits for it."""


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """The book of a pipeline, as it is at this moment."""

    ledger: PipelineLedger
    unread: int
    """Entries that the stream dropped before they were read."""
    behind: int
    """Entries that are still to be read."""


class LedgerRegistry:
    """Finds the pipelines, and has their ledger streams read."""

    def __init__(
        self,
        broker: Broker,
        pipelines: PipelineStore,
        feed: PipelineFeed,
        checkpoints: CheckpointStore,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._pipelines = pipelines
        self._feed = feed
        self._checkpoints = checkpoints
        self._clock = clock
        self._readers: dict[str, LedgerReader] = {}

    async def ledger(self, pipeline: str) -> LedgerSnapshot:
        """The book of a pipeline, with everything that was written before this question.

        Raises:
            StreamGone: there is no such pipeline.
            LedgerBehind: its reader has not come so far yet.
            BrokerUnavailable: the broker does not answer in time.
        """
        found = await self._read(pipeline, CATCH_UP_TIMEOUT_SECONDS)
        if found.behind:
            raise LedgerBehind(f"the ledger of {pipeline!r} is being read: ask again")
        return found

    async def latest(self, pipeline: str) -> LedgerSnapshot:
        """The ledger of a pipeline as far as it is read, after a short wait for one that is behind.

        Raises:
            StreamGone: there is no such pipeline.
            LedgerBehind: its reader has not begun yet.
            BrokerUnavailable: the broker does not answer in time.
        """
        return await self._read(pipeline, LATEST_TIMEOUT_SECONDS)

    async def _read(self, pipeline: str, timeout_seconds: float) -> LedgerSnapshot:
        stream = OrderedReader(self._broker, ledger_stream(pipeline), self._clock)
        extent = await stream.extent()
        # An empty stream has nothing to wait for.
        last = extent.last if extent else 0
        try:
            async with asyncio.timeout(timeout_seconds):
                ledger = await self._up_to(pipeline, stream.created, last)
        except TimeoutError as error:
            reader = self._readers.get(pipeline)
            so_far = reader.ledger(stream.created, 0) if reader else None
            if so_far is None:
                raise LedgerBehind(
                    f"the ledger of {pipeline!r} is being opened: ask again"
                ) from error
            ledger = so_far
        return LedgerSnapshot(
            ledger,
            ledger.unread + max(0, extent.first - 1 - ledger.sequence),
            max(0, last - max(ledger.sequence, extent.first - 1)),
        )

    async def run(self) -> None:
        """Keep the ledgers of all pipelines up to date, until cancelled."""
        await self._prepare()
        async with asyncio.TaskGroup() as reading:
            async for pipelines in self._feed.changes():
                for name in pipelines:
                    if name not in self._readers:
                        self._readers[name] = self._reader(name)
                        reading.create_task(self._keep(name))

    async def _up_to(self, pipeline: str, created: str, sequence: int) -> PipelineLedger:
        while True:
            reader = self._readers.get(pipeline)
            if reader is not None and (ledger := reader.ledger(created, sequence)):
                return ledger
            await asyncio.sleep(POLL_SECONDS)

    async def _keep(self, pipeline: str) -> None:
        """Read one ledger after the other, for as long as there is a pipeline of that name."""
        failures = 0
        while True:
            began = self._clock.monotonic()
            await self._readers[pipeline].run()
            failures = failures + 1 if self._clock.monotonic() - began < LONG_SECONDS else 1
            # The feed may not know yet that the pipeline was deleted, or made anew.
            await asyncio.sleep(REOPEN.pause(failures))
            if pipeline not in self._feed.pipelines:
                del self._readers[pipeline]
                return
            self._readers[pipeline] = self._reader(pipeline)

    def _reader(self, pipeline: str) -> LedgerReader:
        return LedgerReader(self._broker, pipeline, self._checkpoints, self._clock)

    async def _prepare(self) -> None:
        """Make the bucket of checkpoints, and remove those of pipelines that are gone."""
        try:
            await self._checkpoints.create()
            found = await self._checkpoints.pipelines()
            for name in set(found).difference(await self._feed.known()):
                if await self._is_deleted(name):
                    stored = await self._checkpoints.load(name)
                    await self._checkpoints.remove(name, stored.revision)
        except BrokerUnavailable as error:
            log.info("checkpoints are not looked through", error=str(error))

    async def _is_deleted(self, pipeline: str) -> bool:
        try:
            await self._pipelines.get(pipeline)
        except PipelineUnknown:
            return True
        return False
