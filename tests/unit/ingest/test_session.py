"""What a session does with a frame that it stores without a task, however that ends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.ingest.acknowledging.acceptance_recorder import AcceptanceRecorder
from framemesh.ingest.acknowledging.acknowledger import AcknowledgingDeps
from framemesh.ingest.acknowledging.rounds import AcknowledgementRounds
from framemesh.ingest.frame_tracing import TracingDeps
from framemesh.ingest.frame_validation import FrameValidator
from framemesh.ingest.measurements import IngestMeasurements
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.session import IngestSession, SessionDeps
from framemesh.ingest.storing.backpressure_gate import BackpressureGates
from framemesh.ingest.storing.latest_eviction import EvictionDeps
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.errors import StreamFull, StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import frames_streams
from framemesh.runtime.tracing.span_sink import NoSpans
from framemesh.runtime.tracing.trace_limit import TraceLimit
from tests.waiting import eventually

IMAGE = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
FRAMES = 5
KNOWN = 7
"""The number of a message that the broker has under the same id."""


@dataclass
class Broker:
    """Answers what is begun when the test says so, and what is stored at once."""

    begun: dict[str, asyncio.Future[int | None]] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        if not message.subject.startswith("frames."):
            return None
        answer = self.begun[message.id] = asyncio.get_running_loop().create_future()
        return answer

    async def store(self, message: OutboundMessage) -> int | None:
        if message.subject.startswith("frames."):
            self.stored.append(message.id)
        return None


@dataclass
class World:
    """A session, its broker, and what its camera is told."""

    broker: Broker
    session: IngestSession
    window: Window
    """Of all cameras together."""
    acknowledged: list[int] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: the camera sends no more."""

    async def run(self) -> None:
        await self.session.run(self._offered(), self._send)

    async def begun(self) -> list[asyncio.Future[int | None]]:
        """The answers that are owed, once all frames are under way."""
        await eventually(lambda: len(self.broker.begun) == FRAMES)
        return list(self.broker.begun.values())

    async def _offered(self) -> AsyncIterator[OfferedFrame]:
        for sequence in range(1, FRAMES + 1):
            yield OfferedFrame(sequence, 1, IMAGE, 0)
        await self.more.wait()

    async def _send(self, batch: AckBatch) -> None:
        self.acknowledged += batch.accepted


@pytest.fixture
async def world() -> AsyncIterator[World]:
    broker, clock, measurements = Broker(), SystemClock(), IngestMeasurements()
    spec = PipelineSpec("street", (StageSpec("people", "person"),), BufferSpec(shards=1))
    stored = StoredPipeline(spec, Generation.of(1, spec))
    never_asked: Any = None
    recorder = AcceptanceRecorder(broker, never_asked)
    gates = BackpressureGates(broker)
    deps = SessionDeps(
        pipelines=never_asked,
        sink=broker,
        gates=gates,
        eviction=EvictionDeps(never_asked, broker, "ingest", clock),
        validator=FrameValidator(1_000_000, 1_000_000),
        name="ingest",
        clock=clock,
        measurements=measurements,
        backlogs=never_asked,
        draining=asyncio.Event(),
        tracing=TracingDeps(NoSpans(), TraceLimit(clock, "", 1), clock),
        acknowledging=AcknowledgingDeps(AcknowledgementRounds(), recorder, measurements),
    )
    snapshot = PipelineSnapshot(stored, never_asked)
    session = IngestSession(snapshot, "door", "s1", deps, CreditLimit(32, 1_000_000))
    (stream,) = frames_streams(spec.name, stored.generation)
    async with background_task(recorder.run()):
        yield World(broker, session, gates.of(stream).window)


async def test_what_is_stored_is_acknowledged_and_leaves_no_trace(world: World) -> None:
    world.more.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.run())
        for answer in await world.begun():
            answer.set_result(None)
    assert world.acknowledged == [1, 2, 3, 4, 5]
    assert (world.window.count, world.broker.stored) == (0, [])


@pytest.mark.parametrize("fault", [StreamUnavailable("gone"), StreamFull("full"), KNOWN])
async def test_what_is_not_sure_is_stored_again_under_its_id(
    world: World, fault: FramemeshError | int
) -> None:
    world.more.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.run())
        first, *others = await world.begun()
        for answer in others:
            answer.set_result(None)
        if isinstance(fault, int):
            first.set_result(fault)
        else:
            first.set_exception(fault)
    assert sorted(world.acknowledged) == [1, 2, 3, 4, 5]
    assert (world.window.count, world.broker.stored) == (0, ["door/s1/1"])


@pytest.mark.parametrize("fault", [None, StreamUnavailable("gone")])
async def test_a_session_that_is_gone_frees_the_room_of_what_was_under_way(
    world: World, fault: FramemeshError | None
) -> None:
    running = asyncio.create_task(world.run())
    answers = await world.begun()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.window.count == FRAMES
    for answer in answers:
        if fault:
            answer.set_exception(fault)
        else:
            answer.set_result(None)
    await eventually(lambda: world.window.count == 0)
    assert not world.broker.stored
