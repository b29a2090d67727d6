"""Drawing from shards whose leases come and go, as does the connection to the broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.leases.lease_keeper import Hold
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.worker.intake.lanes import Lane
from framemesh.worker.intake.shards import ShardConsumer
from framemesh.worker.intake.source import FrameSource

SPEC = PipelineSpec(
    "street", (StageSpec("people", "person"),), delivery=DeliverySpec(order=Order.PER_CAMERA)
)


class Lease:
    """What drawing knows of one."""

    epoch = 5
    shard = 0
    member = "w-1"

    def __init__(self) -> None:
        self.draining = asyncio.Event()


class FakeShards:
    """A broker with one shard, whose connection breaks during the first takeover."""

    def __init__(self, lease: Lease, draining: Sequence[Generation] = ()) -> None:
        self.drained = list(draining)
        self.newest = Generation.of(len(self.drained) + 1, SPEC)
        self.changed = asyncio.Semaphore(1)
        self.held: list[int] = []
        self._lease = lease
        self._taken = 0
        self._listeners: set[Callable[[], None]] = set()

    async def hold_share(self, lane: Lane, hold: Hold, until: asyncio.Event) -> None:
        self.held.append(lane.generation.number)
        if not self.drained:
            held: Any = self._lease
            await hold(held)
        await until.wait()

    async def take_over(self, shard: Shard, lease: Any) -> FrameSource:
        self._taken += 1
        if self._taken == 1:
            for listener in self._listeners:
                listener()
        return FrameSource("FRAMES", f"consumer-{self._taken}")

    async def changes(self) -> AsyncGenerator[StoredPipeline, None]:
        while True:
            await self.changed.acquire()
            draining = sorted(self.drained, key=lambda each: each.number)
            yield StoredPipeline(SPEC, self.newest, tuple(draining))

    async def is_replaced(self, generation: Generation) -> bool:
        return False

    @contextmanager
    def on_reconnect(self, listener: Callable[[], None]) -> Iterator[None]:
        self._listeners.add(listener)
        yield
        self._listeners.remove(listener)

    def remove(self, generation: Generation) -> None:
        """As the master does once it is empty."""
        self.drained.remove(generation)
        self.changed.release()


class FakeDispatcher:
    """Draws until it is told that frames were lost, as where a broker died."""

    def __init__(self, lease: Lease) -> None:
        self.drawn: list[str] = []
        self._lease = lease

    async def draw(
        self, source: FrameSource, until: asyncio.Event, on_gap: Callable[[], None]
    ) -> None:
        if until.is_set():
            return
        self.drawn.append(source.consumer)
        if len(self.drawn) == 2:
            self._lease.draining.set()
        else:
            on_gap()
        await until.wait()


async def test_a_connection_that_is_remade_during_a_takeover_has_another_takeover() -> None:
    lease = Lease()
    dispatcher: Any = FakeDispatcher(lease)
    stored = StoredPipeline(SPEC, Generation.of(1, SPEC))
    stop = asyncio.Event()
    consumer = ShardConsumer(dispatcher, FakeShards(lease), stored, stored)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.run(stop))
        await lease.draining.wait()
        stop.set()
    assert dispatcher.drawn == ["consumer-2", "consumer-3"]


async def test_of_what_was_changed_twice_the_oldest_is_drawn_first_and_alone() -> None:
    """Where order matters: what came after the first change came before what came after the
    second."""
    first, second, third = (Generation.of(number, SPEC) for number in (1, 2, 3))
    lease = Lease()
    shards = FakeShards(lease, [second, first])
    dispatcher: Any = FakeDispatcher(lease)
    stored, stop = StoredPipeline(SPEC, third, (first, second)), asyncio.Event()
    consumer = ShardConsumer(dispatcher, shards, stored, stored)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.run(stop))
        await rest()
        assert shards.held == [1]
        shards.changed.release()
        await rest()
        assert shards.held == [1], "nothing was removed"
        shards.remove(first)
        await rest()
        assert shards.held == [1, 2]
        shards.remove(second)
        await rest()
        assert shards.held == [1, 2, 3]
        stop.set()


async def rest() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)
