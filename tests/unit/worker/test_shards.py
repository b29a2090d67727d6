"""Drawing from a shard whose lease we have, while the connection to the broker comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.runtime.jetstream.leases.takeover import ExclusiveConsumer
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.worker.intake import shards
from framemesh.worker.intake.shards import ShardConsumer
from framemesh.worker.intake.source import FrameSource

SPEC = PipelineSpec(
    "street", (StageSpec("people", "person"),), delivery=DeliverySpec(order=Order.PER_CAMERA)
)


class Connection:
    """What drawing knows of a broker."""

    def __init__(self) -> None:
        self.listeners: set[Callable[[], None]] = set()

    def remake(self) -> None:
        for listener in list(self.listeners):
            listener()


class Lease:
    """What drawing knows of one."""

    epoch = 5
    shard = 0
    member = "w-1"

    def __init__(self) -> None:
        self.draining = asyncio.Event()


async def test_a_connection_that_is_remade_during_a_takeover_has_another_takeover(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection, lease = Connection(), Lease()
    taken: list[str] = []
    drawn: list[str] = []

    async def take_over(
        broker: Connection, shard: Shard, epoch: int, holder: str
    ) -> ExclusiveConsumer:
        taken.append(f"consumer-{len(taken)}")
        if len(taken) == 1:
            broker.remake()
        return ExclusiveConsumer("FRAMES", taken[-1], 0)

    class Dispatcher:
        async def draw(
            self, source: FrameSource, until: asyncio.Event, on_gap: Callable[[], None]
        ) -> None:
            """Draws until it is told that frames were lost, as where a broker died."""
            if until.is_set():
                return
            drawn.append(source.consumer)
            if len(drawn) == 2:
                lease.draining.set()
            else:
                on_gap()
            await until.wait()

    monkeypatch.setattr(shards, "take_over", take_over)
    dispatcher: Any = Dispatcher()
    broker: Any = connection
    held: Any = lease
    stored = StoredPipeline(SPEC, Generation.of(1, SPEC))
    drawing = ShardConsumer(dispatcher, broker, stored, "w", SystemClock())
    async with asyncio.timeout(5):
        await drawing._draw_held(Shard("street", 1, 0, 0), held)
    assert drawn == ["consumer-1", "consumer-2"]


async def test_of_what_was_changed_twice_the_oldest_is_drawn_first_and_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where order matters: what came after the first change came before what came after the
    second."""
    first, second, third = (Generation.of(number, SPEC) for number in (1, 2, 3))
    left = [second, first]
    drawn: list[int] = []

    class ShardLeases:
        def __init__(
            self, broker: Connection, pipeline: str, generation: Generation, **_: Any
        ) -> None:
            self._number = generation.number

        async def run(self, until: asyncio.Event) -> None:
            drawn.append(self._number)
            await until.wait()

    class Store:
        def __init__(self, broker: Connection) -> None:
            """Asked how far the master has come."""

        async def get(self, pipeline: str) -> StoredPipeline:
            looked.release()
            return StoredPipeline(SPEC, third, tuple(left))

    class Feed:
        def __init__(self, broker: Connection, clock: SystemClock) -> None:
            """Something changes all the time."""

        async def run(self) -> None:
            await asyncio.Event().wait()

        async def changes(self) -> AsyncIterator[dict[str, StoredPipeline]]:
            while True:
                yield {}
                await asyncio.sleep(0.01)

    looked = asyncio.Semaphore(0)
    monkeypatch.setattr(shards, "ShardLeases", ShardLeases)
    monkeypatch.setattr(shards, "PipelineStore", Store)
    monkeypatch.setattr(shards, "PipelineFeed", Feed)
    broker: Any = Connection()
    dispatcher: Any = None
    drawing = ShardConsumer(
        dispatcher, broker, StoredPipeline(SPEC, third, tuple(left)), "w", SystemClock()
    )
    stop = asyncio.Event()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(drawing.run(stop))
        for expected, gone in (([1], first), ([1, 2], second), ([1, 2, 3], None)):
            while drawn != expected:
                await looked.acquire() if left else await asyncio.sleep(0.001)
            for _ in range(3 if left else 0):
                await looked.acquire()
            assert drawn == expected
            if gone:
                left.remove(gone)
        stop.set()
