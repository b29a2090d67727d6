"""The ledgers of all pipelines, each kept up to date by a runner of its own."""

import asyncio
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.monitor.errors import LedgerBehind
from framemesh.monitor.ledger.ledger_projection import LEDGER, LedgerProjection
from framemesh.monitor.ledger.pipeline_ledger import LedgerSummary, PipelineLedger
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.monitor.projection.projection import Progress
from framemesh.monitor.projection.runner import ProjectionRunner
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.concurrency.broadcast import Broadcast
from framemesh.runtime.concurrency.task_group import TaskGroup
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
"""After reading for this long, opening the ledger counts as successful."""

CATCH_UP_TIMEOUT_SECONDS = 5.0
"""How long a question waits for a reader that is behind. A monitor that starts reads some 10,000
entries a second."""

LATEST_TIMEOUT_SECONDS = 3.0
"""The same for who also takes a ledger that is behind."""


LedgerRunner = ProjectionRunner[LedgerProjection]


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """The ledger of a pipeline, as it is at this moment."""

    runner: LedgerRunner
    projection: LedgerProjection
    unread: int
    """Entries that the stream dropped before they were read."""
    behind: int
    """Entries that are still to be read."""

    @property
    def ledger(self) -> PipelineLedger:
        return self.projection.ledger

    async def summary(self, now_unix_nano: int) -> LedgerSummary:
        return await self.runner.in_thread(
            lambda projection: projection.ledger.summary(now_unix_nano), self.projection
        )


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
        self._runners: dict[str, LedgerRunner] = {}
        self._advanced = Broadcast()

    async def ledger(self, pipeline: str) -> LedgerSnapshot:
        """The ledger of a pipeline, with everything that was written before this question.

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

        def current() -> tuple[LedgerRunner, Progress[LedgerProjection]] | None:
            runner = self._runners.get(pipeline)
            progress = runner.current(stream.created) if runner else None
            return (runner, progress) if runner and progress else None

        def complete() -> tuple[LedgerRunner, Progress[LedgerProjection]] | None:
            found = current()
            return found if found and found[1].sequence >= last else None

        try:
            async with asyncio.timeout(timeout_seconds):
                runner, progress = await self._advanced.wait_for(complete)
        except TimeoutError as error:
            so_far = current()
            if so_far is None:
                raise LedgerBehind(
                    f"the ledger of {pipeline!r} is being opened: ask again"
                ) from error
            runner, progress = so_far
        return LedgerSnapshot(
            runner,
            progress.projection,
            progress.unread + max(0, extent.first - 1 - progress.sequence),
            max(0, last - max(progress.sequence, extent.first - 1)),
        )

    async def run(self) -> None:
        """Keep the ledgers of all pipelines up to date, until cancelled."""
        await self._prepare()
        async with TaskGroup() as reading:
            async for pipelines in self._feed.changes():
                for name in pipelines:
                    if name not in self._runners:
                        self._runners[name] = self._runner(name)
                        reading.create_task(self._keep(name))

    async def _keep(self, pipeline: str) -> None:
        """Read one ledger after the other, for as long as there is a pipeline of that name."""
        failures = 0
        while True:
            began = self._clock.monotonic()
            await self._runners[pipeline].run()
            failures = failures + 1 if self._clock.monotonic() - began < LONG_SECONDS else 1
            # The feed may not know yet that the pipeline was deleted, or made anew.
            await asyncio.sleep(REOPEN.pause(failures))
            if pipeline not in self._feed.pipelines:
                del self._runners[pipeline]
                return
            self._runners[pipeline] = self._runner(pipeline)

    def _runner(self, pipeline: str) -> LedgerRunner:
        return ProjectionRunner(
            self._broker,
            pipeline,
            ledger_stream(pipeline),
            LEDGER,
            checkpoints=self._checkpoints,
            advanced=self._advanced,
            clock=self._clock,
        )

    async def _prepare(self) -> None:
        """Make the bucket of checkpoints, and remove those of pipelines that are gone."""
        try:
            await self._checkpoints.create()
            known = await self._feed.known()
            for key in await self._checkpoints.keys():
                pipeline = key.partition(".")[0]
                if pipeline not in known and await self._is_deleted(pipeline):
                    stored = await self._checkpoints.load(key)
                    await self._checkpoints.remove(key, stored.revision)
        except BrokerUnavailable as error:
            log.info("checkpoints are not looked through", error=str(error))

    async def _is_deleted(self, pipeline: str) -> bool:
        try:
            await self._pipelines.get(pipeline)
        except PipelineUnknown:
            return True
        return False
