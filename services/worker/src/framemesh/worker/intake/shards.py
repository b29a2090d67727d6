"""Which shards of a pipeline a worker draws frames from, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.leases.shard_leases import ShardLeases
from framemesh.runtime.jetstream.leases.takeover import take_over
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import shard_consumer, shard_stream
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.source import FrameSource

log = get_logger()

RETRY_SECONDS = 0.5
"""Before a broker that did not answer is asked again which generations are drained."""


class ShardConsumer:
    """Draws from all generations of a pipeline's buffer.

    Where frames of a camera belong together, a shard is drawn from by the one worker that has its
    lease; else by all workers at once.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        broker: Broker,
        pipeline: StoredPipeline,
        worker: str,
        clock: Clock,
    ) -> None:
        self._dispatcher = dispatcher
        self._broker = broker
        self._pipeline = pipeline
        self._name = pipeline.spec.name
        self._worker = worker
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until `stop` is set and what came is dealt with.

        Raises:
            ConsumerGone: the buffer was deleted.
        """
        ends = {generation: asyncio.Event() for generation in self._pipeline.draining}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(ends, stop))
            for generation in sorted(ends, key=lambda generation: generation.number):
                drawing = tasks.create_task(self._draw_out(generation, ends[generation]))
                if self._pipeline.generation.camera_affinity:
                    # What a camera sent after a change must not overtake what it sent before.
                    await asyncio.wait([drawing])
            tasks.create_task(self._draw_current(stop))

    async def _watch(self, ends: Mapping[Generation, asyncio.Event], stop: asyncio.Event) -> None:
        """Set the end of each older generation once the master has removed it, or at `stop`."""
        if ends:
            feed = PipelineFeed(self._broker, self._clock)
            await cancel_when(stop, self._follow(feed, ends))
        for end in ends.values():
            end.set()

    async def _follow(self, feed: PipelineFeed, ends: Mapping[Generation, asyncio.Event]) -> None:
        """Return when all generations were removed."""
        async with background_task(feed.run()):
            async for _ in feed.changes():
                left = await self._draining()
                for generation, end in ends.items():
                    if generation not in left:
                        end.set()
                if all(end.is_set() for end in ends.values()):
                    return

    async def _draining(self) -> Sequence[Generation]:
        """As the leader of the store says: the feed may say what was before this worker began."""
        while True:
            try:
                return (await PipelineStore(self._broker).get(self._name)).draining
            except PipelineUnknown:
                return self._pipeline.draining
            except FramemeshError as error:
                log.debug("what is drained is not known", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _draw_current(self, stop: asyncio.Event) -> None:
        """Draw from the generation that takes frames, until `stop` is set.

        When it is replaced by another meanwhile, and is empty, it is removed. The frames of the new
        one are for workers of the new revision, and this one waits to be stopped.
        """
        try:
            await self._draw(self._pipeline.generation, stop)
        except* ConsumerGone:
            if not await self._is_replaced():
                raise
            log.info("shards are replaced", generation=self._pipeline.generation.number)
            await stop.wait()

    async def _is_replaced(self) -> bool:
        try:
            current = await PipelineStore(self._broker).get(self._name)
        except FramemeshError:
            return False
        return current.generation != self._pipeline.generation

    async def _draw_out(self, generation: Generation, end: asyncio.Event) -> None:
        """Draw from a generation that takes no more frames, until it is empty and removed."""
        try:
            await self._draw(generation, end)
        except* ConsumerGone:
            log.info("older shards are gone", generation=generation.number)

    async def _draw(self, generation: Generation, until: asyncio.Event) -> None:
        if generation.camera_affinity:
            await self._draw_share(generation, until)
            return
        async with asyncio.TaskGroup() as tasks:
            for shard in generation.all_shards(self._name):
                source = FrameSource(shard_stream(shard), shard_consumer(shard))
                tasks.create_task(self._dispatcher.draw(source, until))

    async def _draw_share(self, generation: Generation, until: asyncio.Event) -> None:
        async def hold(lease: Lease) -> None:
            async with asyncio.TaskGroup() as tasks:
                for shard in generation.all_shards(self._name):
                    if shard.number == lease.shard:
                        tasks.create_task(self._draw_held(shard, lease))

        leases = ShardLeases(
            self._broker,
            self._name,
            generation,
            replicas=self._pipeline.spec.buffer.replicas,
            worker=self._worker,
            hold=hold,
            clock=self._clock,
        )
        await leases.run(until)

    async def _draw_held(self, shard: Shard, lease: Lease) -> None:
        """Draw from a shard whose lease we have.

        What was lost on its way, as with a connection that broke or a broker that died, would come
        again behind newer frames; so with each loss all that is not acked begins anew.
        """
        while not lease.draining.is_set():
            # Listens before it asks: a takeover may take longer than a connection lasts.
            async with self._over(lease) as over:
                consumer = await take_over(self._broker, shard, lease.epoch, lease.member)
                source = FrameSource(consumer.stream, consumer.name, consumer.suspects_to)
                await self._dispatcher.draw(source, over, on_gap=over.set)

    @asynccontextmanager
    async def _over(self, lease: Lease) -> AsyncIterator[asyncio.Event]:
        """An event that is set when a shard is to move, or the connection was made anew, or by
        whoever learns that frames were lost on their way."""
        over = asyncio.Event()
        self._broker.listeners.add(over.set)
        try:
            async with background_task(_set_after(lease.draining, over)):
                yield over
        finally:
            self._broker.listeners.remove(over.set)


async def _set_after(first: asyncio.Event, then: asyncio.Event) -> None:
    await first.wait()
    then.set()
