"""Which shards of a pipeline a worker draws frames from, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import shard_consumer, shard_stream
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.shard_access import ShardAccess
from framemesh.worker.intake.source import FrameSource

log = get_logger()


class ShardConsumer:
    """Draws from all generations of a pipeline's buffer.

    Where frames of a camera belong together, a shard is consumed by the one worker that has its
    lease; else by all workers at once.
    """

    def __init__(
        self, dispatcher: Dispatcher, access: ShardAccess, pipeline: StoredPipeline
    ) -> None:
        self._dispatcher = dispatcher
        self._access = access
        self._pipeline = pipeline

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until `stop` is set and what came is settled.

        Raises:
            ConsumerGone: the buffer was deleted.
        """
        ends = {generation: asyncio.Event() for generation in self._pipeline.draining}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._end_removed(ends, stop))
            for generation in sorted(ends, key=lambda generation: generation.number):
                drawing = tasks.create_task(self._draw_older(generation, ends[generation]))
                if self._pipeline.generation.camera_affinity:
                    # What a camera sent after a change must not overtake what it sent before.
                    await asyncio.wait([drawing])
            tasks.create_task(self._draw_current(stop))

    async def _end_removed(
        self, ends: Mapping[Generation, asyncio.Event], stop: asyncio.Event
    ) -> None:
        """Set the event of each older generation once the master has removed it, or at `stop`."""
        if ends:
            await cancel_when(stop, self._follow(ends))
        for end in ends.values():
            end.set()

    async def _follow(self, ends: Mapping[Generation, asyncio.Event]) -> None:
        """Return when all generations were removed."""
        async with aclosing(self._access.draining()) as changes:
            async for draining in changes:
                for generation, end in ends.items():
                    if generation not in draining:
                        end.set()
                if all(end.is_set() for end in ends.values()):
                    return

    async def _draw_current(self, stop: asyncio.Event) -> None:
        """Draw from the generation that takes frames, until `stop` is set.

        When it is replaced by another meanwhile, and is empty, it is removed. The frames of the new
        one are for workers of the new revision, and this one waits to be stopped.
        """
        generation = self._pipeline.generation
        try:
            await self._draw(generation, stop)
        except* ConsumerGone:
            if not await self._access.is_replaced(generation):
                raise
            log.info("shards are replaced", generation=generation.number)
            await stop.wait()

    async def _draw_older(self, generation: Generation, end: asyncio.Event) -> None:
        """Draw from a generation that takes no more frames, until it is empty and removed."""
        try:
            await self._draw(generation, end)
        except* ConsumerGone:
            log.info("older shards are gone", generation=generation.number)

    async def _draw(self, generation: Generation, until: asyncio.Event) -> None:
        shards = generation.all_shards(self._pipeline.spec.name)
        if generation.camera_affinity:

            async def hold(lease: Lease) -> None:
                async with asyncio.TaskGroup() as tasks:
                    for shard in shards:
                        if shard.number == lease.shard:
                            tasks.create_task(self._draw_leased(shard, lease))

            await self._access.hold_share(generation, hold, until)
            return
        async with asyncio.TaskGroup() as tasks:
            for shard in shards:
                source = FrameSource(shard_stream(shard), shard_consumer(shard))
                tasks.create_task(self._dispatcher.draw(source, until))

    async def _draw_leased(self, shard: Shard, lease: Lease) -> None:
        """Draw from a shard whose lease this worker has.

        What was lost on its way, as with a connection that broke or a broker that died, would come
        again behind newer frames; so after each loss all that is not acked is delivered anew.
        """
        while not lease.draining.is_set():
            # Listens before it asks: a takeover may take longer than a connection lasts.
            async with self._interrupted(lease) as interrupted:
                source = await self._access.take_over(shard, lease)
                await self._dispatcher.draw(source, interrupted, on_gap=interrupted.set)

    @asynccontextmanager
    async def _interrupted(self, lease: Lease) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the shard is to move, or the connection was made anew, or by
        whoever learns that messages were lost on their way."""
        interrupted = asyncio.Event()
        with self._access.on_reconnect(interrupted.set):
            async with background_task(_set_after(lease.draining, interrupted)):
                yield interrupted


async def _set_after(first: asyncio.Event, then: asyncio.Event) -> None:
    await first.wait()
    then.set()
