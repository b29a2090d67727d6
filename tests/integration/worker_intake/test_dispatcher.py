"""A worker's dispatcher on a real broker, and on streams in memory.

The frame processor is scripted, so that it can fail as no model does; the chain of steps and the
engine have tests of their own.
"""

import asyncio
import itertools
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from operator import not_
from pathlib import Path

import pytest
from pydantic import ByteSize

from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, LatestSpec, Order
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.memory.config import ConsumerConfig, Retention, StreamConfig
from framemesh.runtime.memory.memory_plane import MemoryPlane
from framemesh.runtime.messages import dead_letter_message, frame_message, outcome_message
from framemesh.runtime.messages.subjects import (
    dead_stream,
    dead_subjects,
    frames_stream,
    frames_subject,
    ledger_stream,
    outcomes_subject,
    run_subjects,
    runs_stream,
    shard_consumer,
    shard_stream,
)
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.intake import dispatcher as intake_module
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt
from tests.contract.planes import MemoryWorld, World, jetstream_world, pulling
from tests.recorded_spans import untraced
from tests.waiting import eventually

MIB = 1024 * 1024
MS = 1_000_000
BUFFER = BufferSpec(max_bytes=ByteSize(64 * MIB))
SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),), BUFFER)
GENERATION = Generation.of(1, SPEC)
SHARDS = GENERATION.all_shards("street")
FRAMES = frames_stream("street", 1, 0)
IMAGE = b"an image"
NOTHING = InferenceResult(4, 3, ())

READERS = itertools.count()

Decide = Callable[[FrameContext, bool], Outcome]


def outcome_factory(delivery: DeliverySpec = SPEC.delivery) -> OutcomeFactory:
    return OutcomeFactory("street", "test", delivery, SystemClock())


def done(context: FrameContext, suspect: bool) -> Outcome:
    return outcome_factory().done(context, NOTHING, attempts=2 if suspect else 1)


@dataclass
class ScriptedProcessor:
    """Gives the outcomes that a test decides; records what it was given."""

    decide: Decide = done
    processed: list[tuple[int, bool]] = field(default_factory=list)
    """Sequence number, and whether it is suspect."""
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seconds: Callable[[], float] = lambda: 0.0
    """How long a frame takes."""

    async def process(self, group: FrameGroup) -> list[Attempt]:
        for each in group.contexts:
            self.processed.append((each.frame.id.sequence, each.suspect))
        self.busy.set()
        await self.gate.wait()
        await asyncio.sleep(sum(self.seconds() for _ in group.contexts))
        return [self.decide(each, each.suspect) for each in group.contexts]


def open_processor(
    decide: Decide = done, seconds: Callable[[], float] = lambda: 0.0
) -> ScriptedProcessor:
    """One whose gate is open."""
    processor = ScriptedProcessor(decide, seconds=seconds)
    processor.gate.set()
    return processor


@pytest.fixture(params=["memory", "jetstream"])
async def buffer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A data plane with the buffer of SPEC."""
    if request.param == "memory":
        memory = MemoryWorld()
        provision_in_memory(memory.memory)
        yield memory
        return
    async with jetstream_world(tmp_path) as found:
        await BufferProvisioner(found.broker).provision(SPEC, GENERATION)
        yield found


def provision_in_memory(memory: MemoryPlane) -> None:
    """What BufferProvisioner makes of SPEC, and what keeps the outcomes of other runs."""
    subjects = tuple(frames_subject(shard, "*") for shard in SHARDS)
    memory.provision(
        StreamConfig(FRAMES, subjects, Retention.WORK_QUEUE, 64 * MIB),
        *(ConsumerConfig(shard_consumer(s), frames_subject(s, "*")) for s in SHARDS),
    )
    for name, subject in (
        (ledger_stream("street"), outcomes_subject("street", "*")),
        (dead_stream("street"), dead_subjects("street", "*")),
        (runs_stream("street"), run_subjects("street", "*")),
    ):
        memory.provision(StreamConfig(name, (subject,), Retention.LIMITS, 64 * MIB))


@asynccontextmanager
async def working(
    buffer: World,
    processor: ScriptedProcessor,
    delivery: DeliverySpec = SPEC.delivery,
    slots: int = 32,
) -> AsyncIterator[Dispatcher]:
    """An intake at work; it is told to stop, and waited for, at the end."""
    stop = asyncio.Event()
    dispatcher = Dispatcher(
        buffer.plane,
        processor,  # type: ignore[arg-type]
        outcome_factory(delivery),
        OutcomeCommitter(buffer.plane, outcome_factory(delivery), untraced()),
        delivery,
        slots=slots,
        groups=GroupSizes(slots, BatchBound(1)),
        held=128,
        clock=SystemClock(),
        dispatch_latency=lambda: 0.0,
    )
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(dispatcher.run(stop, partial(draw_shards, dispatcher)))
        yield dispatcher
        stop.set()


async def draw_shards(dispatcher: Dispatcher, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        for shard in SHARDS:
            source = FrameSource(shard_stream(shard), shard_consumer(shard))
            tasks.create_task(dispatcher.draw(source, stop))


def frame_of(camera: str, number: int, age_ms: int = 0) -> Frame:
    captured = SystemClock().unix_nano() - age_ms * MS
    return Frame(FrameId(camera, "s", number), captured, IMAGE, zlib.crc32(IMAGE))


async def offer(buffer: World, count: int, camera: str = "door") -> None:
    """Over all shards, but for a camera other than the door in one."""
    for number in range(1, count + 1):
        shard = number % 4 if camera == "door" else 0
        frame = frame_of(camera, number)
        await buffer.plane.store(frame_message.to_message(SHARDS[shard], frame))


async def emptied(buffer: World) -> None:
    await eventually(lambda: buffer.stored(FRAMES), until=not_)


async def read(buffer: World, stream: str, count: int) -> list[ReceivedMessage]:
    """The first messages of a stream, which keeps them; waits for so many."""
    reader = ConsumerConfig(f"reader-{next(READERS)}")
    await buffer.add_consumer(stream, reader)
    async with pulling(buffer.plane, stream, reader.name) as receiver, asyncio.timeout(20):
        return await receiver.work_off(count)


async def outcomes(buffer: World, count: int) -> list[Outcome]:
    entries = await read(buffer, ledger_stream("street"), count)
    return [outcome_message.from_payload(entry.payload) for entry in entries]


async def dead_letters(buffer: World, count: int) -> list[dead_letter_message.DeadLetter]:
    return [
        dead_letter_message.from_parts(entry.subject, entry.headers, entry.payload)
        for entry in await read(buffer, dead_stream("street"), count)
    ]


async def test_every_frame_is_acked_after_its_outcome_is_stored(buffer: World) -> None:
    processor = open_processor()
    await offer(buffer, 100)
    async with working(buffer, processor):
        await emptied(buffer)
    found = await outcomes(buffer, 100)
    assert sorted(outcome.frame.sequence for outcome in found) == list(range(1, 101))


async def test_a_camera_in_order_has_its_outcomes_in_its_order(buffer: World) -> None:
    """Processed side by side, and ready in any order."""
    seconds = itertools.cycle((0.02, 0.0, 0.01, 0.03, 0.005))
    processor = open_processor(seconds=lambda: next(seconds))
    for camera in ("east", "west"):
        await offer(buffer, 60, camera)
    order = DeliverySpec(order=Order.PER_CAMERA)
    async with working(buffer, processor, order):
        await emptied(buffer)
    found = await outcomes(buffer, 120)
    for camera in ("east", "west"):
        sequences = [o.frame.sequence for o in found if o.frame.camera == camera]
        assert sequences == list(range(1, 61))


async def test_frames_that_are_too_old_when_they_would_be_dispatched_expire(buffer: World) -> None:
    fresh = DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=500)))
    for number, age in enumerate((0, 600, 0, 3_600_000), 1):
        await buffer.plane.store(frame_message.to_message(SHARDS[0], frame_of("door", number, age)))
    processor = open_processor()
    async with working(buffer, processor, fresh):
        await emptied(buffer)
    fates = {o.frame.sequence: (o.fate, o.reason) for o in await outcomes(buffer, 4)}
    expired = (Fate.EXPIRED, "too_old")
    assert fates == {1: (Fate.DONE, ""), 2: expired, 3: (Fate.DONE, ""), 4: expired}
    assert sorted(processor.processed) == [(1, False), (3, False)]


async def test_frames_that_grow_too_old_while_all_slots_are_taken_expire(
    buffer: World,
) -> None:
    fresh = DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=500)))
    stuck = ScriptedProcessor()
    await offer(buffer, 8)
    async with working(buffer, stuck, fresh, slots=1):
        found = await outcomes(buffer, 7)
        assert {o.fate for o in found} == {Fate.EXPIRED}
        stuck.gate.set()
        await emptied(buffer)


async def test_only_the_newest_frames_of_each_camera_are_processed(buffer: World) -> None:
    latest = DeliverySpec(latest=LatestSpec(2))
    busy = ScriptedProcessor()
    await offer(buffer, 1, "west")
    async with working(buffer, busy, latest, slots=1):
        await busy.busy.wait()
        for camera in ("east", "north"):
            await offer(buffer, 20, camera)
        found = await outcomes(buffer, 36)
        assert {(o.fate, o.reason) for o in found} == {(Fate.SUPERSEDED, "newer_frame")}
        busy.gate.set()
        await emptied(buffer)
    fates = {(o.frame.camera, o.frame.sequence): o.fate for o in await outcomes(buffer, 41)}
    looked_at = sorted(key for key, fate in fates.items() if fate is Fate.DONE)
    assert looked_at == [("east", 19), ("east", 20), ("north", 19), ("north", 20), ("west", 1)]


async def test_a_dead_frame_is_kept_with_what_is_known_of_it(buffer: World) -> None:
    said = 'a "model" said:\n\u2018no\u2019'

    def decide(context: FrameContext, suspect: bool) -> Outcome:
        if context.frame.id.sequence == 2:
            return outcome_factory().dead(context, "inference_failed", said, attempts=4)
        return done(context, suspect)

    await offer(buffer, 3)
    async with working(buffer, open_processor(decide)):
        await emptied(buffer)
    found = {o.frame.sequence: o for o in await outcomes(buffer, 3)}
    assert [found[n].fate for n in (1, 2, 3)] == [Fate.DONE, Fate.DEAD, Fate.DONE]
    (letter,) = await dead_letters(buffer, 1)
    assert (letter.frame.id, letter.frame.image) == (FrameId("door", "s", 2), IMAGE)
    assert (letter.reason, letter.detail, letter.attempts) == ("inference_failed", said, 4)
    assert (letter.worker, letter.died_unix_nano) == ("test", found[2].completed_unix_nano)


async def test_what_is_dead_in_another_run_has_no_dead_letter_and_no_outcome_in_the_ledger() -> (
    None
):
    buffer = MemoryWorld()
    provision_in_memory(buffer.memory)

    def decide(context: FrameContext, _: bool) -> Outcome:
        factory = replace(outcome_factory(), run="s7")
        return factory.dead(context, "inference_failed", "", attempts=4)

    await offer(buffer, 2)
    async with working(buffer, open_processor(decide)):
        await emptied(buffer)
    assert await buffer.stored(runs_stream("street")) == 2
    assert await buffer.stored(dead_stream("street")) == 0
    assert await buffer.stored(ledger_stream("street")) == 0


async def test_headers_that_are_not_known_go_on_with_a_dead_frame(buffer: World) -> None:
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}

    def decide(context: FrameContext, suspect: bool) -> Outcome:
        return outcome_factory().dead(context, "undecodable", "", attempts=1)

    message = frame_message.to_message(SHARDS[0], replace(frame_of("door", 1), headers=trace))
    await buffer.plane.store(message)
    async with working(buffer, open_processor(decide)):
        await emptied(buffer)
    (letter,) = await dead_letters(buffer, 1)
    assert letter.frame.headers == trace


async def test_an_outcome_that_no_message_can_hold_is_a_dead_letter(buffer: World) -> None:
    def decide(context: FrameContext, suspect: bool) -> Outcome:
        return replace(done(context, suspect), detail="x" * buffer.plane.max_message_bytes)

    await offer(buffer, 1)
    async with working(buffer, open_processor(decide)):
        await emptied(buffer)
    (outcome,) = await outcomes(buffer, 1)
    assert (outcome.fate, outcome.reason) == (Fate.DEAD, "outcome_refused")


async def test_a_frame_that_is_not_completed_by_its_worker_is_suspect_for_the_next(
    buffer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "DRAIN_TIMEOUT_SECONDS", 0.1)
    stuck, other = ScriptedProcessor(), open_processor()
    await offer(buffer, 2)
    async with working(buffer, stuck), asyncio.timeout(10):
        # They come out of two shards.
        await eventually(lambda: len(stuck.processed) >= 2)
    async with working(buffer, other):
        await emptied(buffer)
    assert sorted(other.processed) == [(1, True), (2, True)]


async def test_a_message_that_is_no_frame_is_discarded(buffer: World) -> None:
    processor = open_processor()
    await buffer.plane.store(
        OutboundMessage(frames_subject(SHARDS[0], "door"), b"?", "not/a-frame")
    )
    await offer(buffer, 4)
    async with working(buffer, processor):
        await emptied(buffer)
    assert len(await outcomes(buffer, 4)) == 4


async def test_frames_that_a_stopped_worker_does_not_finish_go_to_another_at_once(
    buffer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "DRAIN_TIMEOUT_SECONDS", 0.2)
    stuck, other = ScriptedProcessor(), ScriptedProcessor()
    await offer(buffer, 8)
    async with working(buffer, stuck):
        await stuck.busy.wait()
    other.gate.set()
    began = asyncio.get_running_loop().time()
    async with working(buffer, other):
        await emptied(buffer)
    # Not given back, they would come after the broker's ack wait of 10 seconds.
    assert asyncio.get_running_loop().time() - began < 5
    assert len(await outcomes(buffer, 8)) == 8


async def test_a_frame_whose_ack_was_lost_has_one_outcome(buffer: World) -> None:
    """As a worker leaves it that is killed between the outcome and the ack."""
    await offer(buffer, 1)
    context = FrameContext(frame_of("door", 1), SystemClock())
    earlier = outcome_message.to_message(done(context, suspect=False))
    await buffer.plane.store(earlier)
    processor = open_processor()
    async with working(buffer, processor):
        await emptied(buffer)
    assert await buffer.stored(ledger_stream("street")) == 1
