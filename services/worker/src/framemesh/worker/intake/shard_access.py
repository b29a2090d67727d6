"""What the broker keeps of a pipeline's shards: leases, consumers, and what is still drained."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.lease_keeper import Hold, Lease
from framemesh.runtime.jetstream.leases.shard_leases import ShardLeases
from framemesh.runtime.jetstream.leases.takeover import take_over
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger
from framemesh.worker.intake.lanes import Lane
from framemesh.worker.intake.lease_measurements import LeaseMeasurements
from framemesh.worker.intake.source import FrameSource

log = get_logger()

NOT_MEASURED = LeaseMeasurements()

RETRY_SECONDS = 0.5
"""Before a broker that did not answer is asked again what became of the pipeline."""


class ShardAccess(Protocol):
    """What a ShardConsumer needs of a broker."""

    async def hold_share(self, lane: Lane, hold: Hold, until: asyncio.Event) -> None:
        """Run `hold` for each shard of this worker's share of a lane, until `until` is set."""
        ...

    async def take_over(self, shard: Shard, lease: Lease) -> FrameSource:
        """A source that only this worker consumes; it begins with all that is not acked.

        Raises:
            LeaseLost: somebody has a later lease.
            StreamGone: the buffer was deleted.
        """
        ...

    def changes(self) -> AsyncGenerator[StoredPipeline, None]:
        """The pipeline as it is now, and again after changes."""
        ...

    async def is_replaced(self, generation: Generation) -> bool:
        """Whether frames go to another generation by now; False where that is not known."""
        ...

    def on_reconnect(self, listener: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `listener` whenever the connection was made anew, while the context lasts."""
        ...


class JetStreamShards:
    """The shards of one pipeline on JetStream, for one worker."""

    def __init__(
        self,
        broker: Broker,
        pipeline: StoredPipeline,
        worker: str,
        clock: Clock,
        *,
        speed: Callable[[], WorkerSpeed],
        follow: Callable[[PipelineSpec], None],
        measurements: LeaseMeasurements = NOT_MEASURED,
    ) -> None:
        """
        Args:
            speed: what this worker knows of its own.
            follow: called with what the pipeline is now, after each change.
        """
        self._follow = follow
        self._broker = broker
        self._pipeline = pipeline
        self._worker = worker
        self._clock = clock
        self._speed = speed
        self._measurements = measurements

    async def hold_share(self, lane: Lane, hold: Hold, until: asyncio.Event) -> None:
        """See ShardAccess."""
        leases = ShardLeases(
            self._broker,
            self._pipeline.spec.name,
            lane.generation,
            canary=lane.canary,
            replicas=self._pipeline.spec.buffer.replicas,
            worker=self._worker,
            hold=self._measurements.measured(hold),
            clock=self._clock,
            speed=self._speed,
        )
        await leases.run(until)

    async def take_over(self, shard: Shard, lease: Lease) -> FrameSource:
        """See ShardAccess."""
        consumer = await take_over(self._broker, shard, lease.epoch, lease.member)
        return FrameSource(consumer.stream, consumer.name, consumer.suspects_to)

    async def changes(self) -> AsyncGenerator[StoredPipeline, None]:
        """See ShardAccess. As the leader of the store says: the feed may say what was before this
        worker began."""
        name, seen = self._pipeline.spec.name, None
        feed = PipelineFeed(self._broker, self._clock, only=name)
        async with background_task(feed.run()):
            async for pipelines in feed.changes():
                if pipelines.get(name) == seen:
                    continue
                seen = pipelines.get(name)
                if stored := await self._now():
                    self._follow(stored.spec)
                    yield stored

    async def _now(self) -> StoredPipeline | None:
        """None: it was deleted, and this worker will be stopped."""
        while True:
            try:
                return await PipelineStore(self._broker).get(self._pipeline.spec.name)
            except PipelineUnknown:
                return None
            except FramemeshError as error:
                log.debug("the pipeline cannot be read", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def is_replaced(self, generation: Generation) -> bool:
        """See ShardAccess."""
        try:
            current = await PipelineStore(self._broker).get(self._pipeline.spec.name)
        except FramemeshError:
            return False
        return current.generation != generation

    @contextmanager
    def on_reconnect(self, listener: Callable[[], None]) -> Iterator[None]:
        """See ShardAccess."""
        self._broker.listeners.add(listener)
        try:
            yield
        finally:
            self._broker.listeners.remove(listener)
