"""Which shards of a pipeline a worker draws frames from, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import shard_consumer, shard_stream
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.lanes import Lane, lanes
from framemesh.worker.intake.shard_access import ShardAccess
from framemesh.worker.intake.source import FrameSource

log = get_logger()


class ShardConsumer:
    """Draws from all lanes of a pipeline's buffer that are for its worker, as they come and go.

    Where frames of a camera belong together, a shard is consumed by the one worker that has its
    lease; else by all workers at once.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        access: ShardAccess,
        pipeline: StoredPipeline,
        stored: StoredPipeline,
    ) -> None:
        """
        Args:
            pipeline: as it is at the worker's own revision.
            stored: as it is now.
        """
        self._dispatcher = dispatcher
        self._access = access
        self._spec = pipeline.spec
        self._revision = pipeline.revision
        self._stored = stored
        self._drawn: dict[Lane, asyncio.Event] = {}
        """With what ends the drawing of each."""
        self._gone: set[Lane] = set()
        """Those whose streams are removed, while the entry still names them."""
        self._stopped = False

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until `stop` is set and what came is settled.

        Raises:
            ConsumerGone: the buffer was deleted.
        """
        async with TaskGroup() as tasks:
            self._compare(tasks)
            await cancel_when(stop, self._follow(tasks))
            self._stopped = True
            for end in self._drawn.values():
                end.set()

    async def _follow(self, tasks: TaskGroup) -> None:
        async with aclosing(self._access.changes()) as changes:
            async for stored in changes:
                self._stored = stored
                self._compare(tasks)

    def _compare(self, tasks: TaskGroup) -> None:
        """End what is not for this worker any more, and begin what is and is not drawn yet."""
        if self._stopped:
            return
        wanted = lanes(self._stored, self._spec, self._revision)
        self._gone.intersection_update(wanted)
        for lane, end in self._drawn.items():
            if lane not in wanted:
                end.set()
        for lane in wanted:
            if lane not in self._drawn and lane not in self._gone and self._may_begin(lane):
                end = self._drawn[lane] = asyncio.Event()
                tasks.create_task(self._draw_lane(lane, end, tasks))

    def _may_begin(self, lane: Lane) -> bool:
        """Where order matters, what a camera sent after a change must not overtake what it sent
        before: that is done, and its generation removed."""
        if not self._spec.delivery.camera_affinity:
            return True
        drawn = (each.generation for each in self._drawn)
        known = (*self._stored.draining, self._stored.generation, *drawn)
        return lane.generation.number == min(each.number for each in known)

    async def _draw_lane(self, lane: Lane, end: asyncio.Event, tasks: TaskGroup) -> None:
        try:
            await self._draw(lane, end)
        except* ConsumerGone:
            # When a generation is replaced by another, and is empty, it is removed.
            if lane.generation == self._stored.generation and not await self._access.is_replaced(
                lane.generation
            ):
                raise
            log.info("shards are gone", generation=lane.generation.number)
            self._gone.add(lane)
        del self._drawn[lane]
        self._compare(tasks)

    async def _draw(self, lane: Lane, until: asyncio.Event) -> None:
        shards = lane.shards(self._spec.name)
        if lane.generation.camera_affinity:

            async def hold(lease: Lease) -> None:
                async with TaskGroup() as tasks:
                    for shard in shards:
                        if shard.number == lease.shard:
                            tasks.create_task(self._draw_leased(shard, lease))

            await self._access.hold_share(lane, hold, until)
            return
        async with TaskGroup() as tasks:
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
