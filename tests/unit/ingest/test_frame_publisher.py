"""In which order frames enter the buffer, and where."""

import asyncio
from typing import Any

import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.delivery import DeliverySpec, LatestSpec, Order
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.sharding import camera_shard
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.storing.frame_publisher import FramePublisher
from framemesh.ingest.storing.latest_eviction import EvictionDeps
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.errors import PublishRefused
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline

ORDERED = DeliverySpec(order=Order.PER_CAMERA)
TURNS = 20
"""Of the event loop: more than whatever can run needs."""


class Gates:
    """BackpressureGates whose every frame waits until the test lets it in, or not."""

    def __init__(self) -> None:
        self.window = Window(64, 1024)
        self.waiting: dict[str, asyncio.Future[None]] = {}
        self.subjects: list[str] = []

    def of(self, stream: str) -> "Gates":
        return self

    async def store(self, message: OutboundMessage, evict: Any) -> None:
        self.subjects.append(message.subject)
        self.waiting[message.id] = asyncio.get_running_loop().create_future()
        await self.waiting[message.id]


def frame(sequence: int) -> Frame:
    return Frame(FrameId("door", "s", sequence), 0, b"", 0)


def publisher(gates: Any, delivery: DeliverySpec) -> FramePublisher:
    buffer = BufferSpec(streams=2, shards=4)
    spec = PipelineSpec("street", (StageSpec("people", "person"),), buffer, delivery)
    stored = StoredPipeline(spec, Generation.of(1, spec))
    snapshot = PipelineSnapshot(stored, None)  # type: ignore[arg-type]
    never_asked: Any = None
    eviction = EvictionDeps(never_asked, never_asked, "ingest", never_asked)
    return FramePublisher(snapshot, gates, eviction)


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def test_without_order_frames_enter_side_by_side() -> None:
    gates = Gates()
    way = publisher(gates, DeliverySpec())
    async with asyncio.TaskGroup() as tasks:
        for sequence in range(1, 9):
            tasks.create_task(way.publish(way.shard(frame(sequence).id), frame(sequence)))
        await turns()
        assert len(gates.waiting) == 8
        for waits in gates.waiting.values():
            waits.set_result(None)
    assert len(set(gates.subjects)) == 8, "round robin over all shards"


async def test_in_order_a_frame_is_offered_once_the_one_before_is_in() -> None:
    gates = Gates()
    way = publisher(gates, ORDERED)
    async with asyncio.TaskGroup() as tasks:
        for sequence in range(1, 9):
            tasks.create_task(way.publish(way.shard(frame(sequence).id), frame(sequence)))
        for sequence in range(1, 9):
            await turns()
            assert list(gates.waiting) == [f"door/s/{n}" for n in range(1, sequence + 1)]
            gates.waiting[f"door/s/{sequence}"].set_result(None)


async def test_in_order_nothing_enters_after_a_frame_that_failed() -> None:
    gates = Gates()
    way = publisher(gates, ORDERED)

    async def fail_the_second() -> None:
        async with asyncio.TaskGroup() as tasks:
            for sequence in range(1, 9):
                tasks.create_task(way.publish(way.shard(frame(sequence).id), frame(sequence)))
            await turns()
            gates.waiting["door/s/1"].set_result(None)
            await turns()
            gates.waiting["door/s/2"].set_exception(PublishRefused("no"))

    with pytest.raises(ExceptionGroup) as raised:
        await fail_the_second()
    assert raised.group_contains(PublishRefused)
    assert list(gates.waiting) == ["door/s/1", "door/s/2"]


@pytest.mark.parametrize("delivery", [ORDERED, DeliverySpec(latest=LatestSpec())])
async def test_a_camera_whose_frames_belong_together_stays_in_its_shard(
    delivery: DeliverySpec,
) -> None:
    gates = Gates()
    way = publisher(gates, delivery)
    for sequence in range(1, 9):
        entering = asyncio.ensure_future(
            way.publish(way.shard(frame(sequence).id), frame(sequence))
        )
        await turns()
        gates.waiting[f"door/s/{sequence}"].set_result(None)
        await entering
    assert set(gates.subjects) == {f"frames.street.1-{camera_shard('door', 8)}.door"}
