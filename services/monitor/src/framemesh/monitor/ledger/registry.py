"""The books of all pipelines, each kept by a reader of its own."""

import asyncio
import contextlib
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.checkpoint.store import CheckpointStore
from framemesh.monitor.errors import LedgerBehind
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.monitor.ledger.reader import LedgerReader
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import ledger_stream

log = get_logger()

PERIOD_SECONDS = 1.0
"""Between two looks for new pipelines that nobody asked for."""

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
        self, broker: Broker, pipelines: PipelineStore, checkpoints: CheckpointStore, clock: Clock
    ) -> None:
        self._broker = broker
        self._pipelines = pipelines
        self._checkpoints = checkpoints
        self._clock = clock
        self._readers: dict[str, LedgerReader] = {}
        self._asked = asyncio.Event()
        """Set by who waits for a pipeline that has no reader yet."""

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
        """Keep the books until cancelled."""
        await self._prepare()
        async with asyncio.TaskGroup() as reading:
            while True:
                self._asked.clear()
                for name in await self._names():
                    if name not in self._readers:
                        self._readers[name] = self._reader(name)
                        reading.create_task(self._keep(name, self._readers[name]))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await self._asked.wait()

    async def _up_to(self, pipeline: str, created: str, sequence: int) -> PipelineLedger:
        while True:
            reader = self._readers.get(pipeline)
            if reader is None:
                self._asked.set()
            elif ledger := reader.ledger(created, sequence):
                return ledger
            await asyncio.sleep(POLL_SECONDS)

    async def _keep(self, pipeline: str, reader: LedgerReader) -> None:
        await reader.run()
        del self._readers[pipeline]

    def _reader(self, pipeline: str) -> LedgerReader:
        return LedgerReader(self._broker, pipeline, self._checkpoints, self._clock)

    async def _prepare(self) -> None:
        """Make the bucket of checkpoints, and remove those of pipelines that are gone."""
        try:
            await self._checkpoints.create()
            found = await self._checkpoints.pipelines()
            # Asked after it: one that is made meanwhile is not taken for gone.
            kept = await self._pipelines.names()
            for name in set(found).difference(kept):
                stored = await self._checkpoints.load(name)
                await self._checkpoints.remove(name, stored.revision)
        except BrokerUnavailable as error:
            log.info("checkpoints are not looked through", error=str(error))

    async def _names(self) -> list[str]:
        try:
            return await self._pipelines.names()
        except FramemeshError as error:
            log.debug("cannot look for pipelines, will try again", error=str(error))
            return []
