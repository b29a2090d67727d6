"""A dispatcher whose leases come and go, on the data plane in memory."""

import asyncio
import contextvars
import zlib
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, Order
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.runtime.dataplane.errors import StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.memory.config import ConsumerConfig, Retention, StreamConfig
from framemesh.runtime.memory.memory_plane import MemoryPlane
from framemesh.runtime.messages import frame_message, outcome_message
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.errors import AttemptFailed
from framemesh.worker.frame_context import CURRENT_FRAME, FrameContext
from framemesh.worker.frame_group import CURRENT_GROUP, FrameGroup
from framemesh.worker.intake import dispatcher as dispatcher_module
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt
from tests.hand_clock import HandClock
from tests.recorded_spans import untraced
from tests.unit.worker.test_delivery_model import SHARD, FrameProcessor
from tests.waiting import eventually

MIB = 1024 * 1024
ACK_SECONDS = 4.0
SLOTS = 4
HELD = 64
GROUPS = GroupSizes(2, BatchBound(3))
TRACE = contextvars.ContextVar("trace", default="no trace")
ORDERED = DeliverySpec(order=Order.PER_CAMERA)


class Bench:
    """A dispatcher, what it draws from, and what makes its outcomes."""

    def __init__(
        self,
        delivery: DeliverySpec,
        plane: MemoryPlane | None = None,
        processor: object | None = None,
        groups: GroupSizes = GROUPS,
    ) -> None:
        self.clock = HandClock()
        self.plane = plane or provisioned(self.clock)
        outcome_factory = OutcomeFactory("street", "w", delivery, self.clock)
        self.processor = FrameProcessor(outcome_factory)
        self.dispatcher = Dispatcher(
            self.plane,
            processor or self.processor,  # type: ignore[arg-type]
            outcome_factory,
            OutcomeCommitter(self.plane, outcome_factory, untraced()),
            delivery,
            slots=SLOTS,
            groups=groups,
            held=HELD,
            clock=self.clock,
            dispatch_latency=lambda: 0.0,
        )

    def lease(self, consumer: str) -> FrameSource:
        """A source of one lease: what was not acked in an earlier one comes again in it."""
        self.plane.add_consumer("FRAMES", ConsumerConfig(consumer, "frames.*", ACK_SECONDS))
        return FrameSource("FRAMES", consumer)

    async def offer(self, number: int, age_seconds: float = 0.0) -> None:
        captured = self.clock.unix_nano() - round(age_seconds * 1e9)
        await self.plane.store(_message(number, captured))

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome_message.from_payload(m.payload) for m in self.plane.messages("LEDGER")]

    async def until_completed(self, count: int) -> None:
        await eventually(lambda: len(self.outcomes) >= count, 10)


def provisioned(clock: HandClock) -> MemoryPlane:
    plane = MemoryPlane(clock)
    plane.provision(StreamConfig("FRAMES", ("frames.*",), Retention.WORK_QUEUE, MIB))
    plane.provision(StreamConfig("LEDGER", ("outcomes.>",), Retention.LIMITS, MIB))
    return plane


def _message(number: int, captured: int) -> OutboundMessage:
    frame = Frame(FrameId("door", "s", number), captured, b"x", zlib.crc32(b"x"))
    return replace(frame_message.to_message(SHARD, frame), subject=f"frames.{number}")


async def test_frames_of_a_lost_lease_come_first_when_the_shard_comes_back() -> None:
    bench, stop = Bench(ORDERED), asyncio.Event()

    async def draw(stop: asyncio.Event) -> None:
        first = asyncio.create_task(bench.dispatcher.draw(bench.lease("first"), stop))
        for number in (1, 2, 3):
            await bench.offer(number)
        await eventually(lambda: bench.dispatcher.in_progress >= 3, 10)
        # The lease is lost while a model has them, and taken by the same worker again.
        first.cancel()
        await asyncio.wait([first])
        for number in (4, 5):
            await bench.offer(number)
        second = asyncio.create_task(bench.dispatcher.draw(bench.lease("second"), stop))
        await eventually(lambda: bench.dispatcher.in_progress >= 3 + 5, 10)
        bench.processor.go.set()
        await bench.until_completed(5)
        stop.set()
        await second

    await bench.dispatcher.run(stop, draw)
    assert [outcome.frame.sequence for outcome in bench.outcomes] == [1, 2, 3, 4, 5]


async def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    bench, stop = Bench(replace(ORDERED, fresh=FreshSpec(timedelta(seconds=4)))), asyncio.Event()
    # More than there are slots, captured before the clock was set back and after it.
    ages = [0.9 - number / 10 for number in range(2 * SLOTS)]
    ages += [age + 1 for age in ages]
    for number, age in enumerate(ages, 1):
        await bench.offer(number, age)

    async def draw(stop: asyncio.Event) -> None:
        drawing = asyncio.create_task(bench.dispatcher.draw(bench.lease("one"), stop))
        await eventually(lambda: bench.dispatcher.in_progress >= len(ages), 10)
        bench.processor.go.set()
        await bench.until_completed(len(ages))
        stop.set()
        await drawing

    await bench.dispatcher.run(stop, draw)
    assert [outcome.frame.sequence for outcome in bench.outcomes] == list(range(1, len(ages) + 1))
    assert {outcome.fate for outcome in bench.outcomes} == {Fate.DONE}


async def test_frames_are_given_back_also_where_the_drain_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where something breaks on its cancellation."""
    monkeypatch.setattr(dispatcher_module, "DRAIN_TIMEOUT_SECONDS", 0.05)
    bench, stop = Bench(DeliverySpec()), asyncio.Event()
    source = bench.lease("all")
    for number in range(1, 2 * SLOTS + 1):
        await bench.offer(number)

    async def draw(stop: asyncio.Event) -> None:
        drawing = asyncio.create_task(bench.dispatcher.draw(source, stop))
        await eventually(lambda: bench.dispatcher.in_progress >= 2 * SLOTS, 10)
        stop.set()
        try:
            await drawing
        except asyncio.CancelledError as error:
            raise RuntimeError("a fault of ours") from error

    await bench.dispatcher.run(stop, draw)
    await _expect_given_back(bench)


async def test_frames_are_given_back_also_where_another_part_of_the_worker_fails() -> None:
    """As where too many decode threads hang: whatever runs beside it is cancelled."""
    bench = Bench(DeliverySpec())
    source = bench.lease("all")
    for number in range(1, 2 * SLOTS + 1):
        await bench.offer(number)

    async def fail() -> None:
        async with asyncio.timeout(10):
            while bench.dispatcher.in_progress < 2 * SLOTS:
                await asyncio.sleep(0.001)
        raise RuntimeError("a fault elsewhere")

    async def work() -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as worker:
            worker.create_task(fail())
            await bench.dispatcher.run(stop, partial(bench.dispatcher.draw, source))

    with pytest.raises(ExceptionGroup):
        await work()
    await _expect_given_back(bench)


async def _expect_given_back(bench: Bench) -> None:
    """Another worker gets all frames. The clock stands still, so that what is not given back is
    never delivered again."""
    other = Bench(DeliverySpec(), bench.plane)
    other.processor.go.set()
    again = asyncio.Event()

    async def draw_again(again: asyncio.Event) -> None:
        drawing = asyncio.create_task(other.dispatcher.draw(FrameSource("FRAMES", "all"), again))
        await other.until_completed(2 * SLOTS)
        again.set()
        await drawing

    await other.dispatcher.run(again, draw_again)
    assert sorted(o.frame.sequence for o in other.outcomes) == list(range(1, 2 * SLOTS + 1))


async def test_each_group_has_a_context_of_its_own() -> None:
    """What is set for one, such as a trace, is not seen by the one that is dispatched in its
    place."""
    bench, stop = Bench(DeliverySpec()), asyncio.Event()
    seen: list[tuple[str, int]] = []

    async def process(group: FrameGroup) -> list[Attempt]:
        assert CURRENT_GROUP.get() is group
        first = group.contexts[0]
        assert CURRENT_FRAME.get() is (first if len(group.contexts) == 1 else None)
        seen.extend((TRACE.get(), each.frame.id.sequence) for each in group.contexts)
        TRACE.set(f"trace of {first.frame.id.sequence}")
        # So that the next one is dispatched when this one is done.
        await asyncio.sleep(0)
        return await FrameProcessor.process(bench.processor, group)

    bench.processor.process = process  # type: ignore[method-assign]
    bench.processor.go.set()
    count = 3 * SLOTS
    for number in range(1, count + 1):
        await bench.offer(number)
    await completed(bench, stop, count)
    assert sorted(seen) == [("no trace", number) for number in range(1, count + 1)]


async def completed(bench: Bench, stop: asyncio.Event, count: int) -> None:
    """Run until so many frames have their outcomes."""

    async def draw(stop: asyncio.Event) -> None:
        drawing = asyncio.create_task(bench.dispatcher.draw(bench.lease("one"), stop))
        await bench.until_completed(count)
        stop.set()
        await drawing

    await bench.dispatcher.run(stop, draw)


async def test_a_frame_knows_when_it_reached_each_point() -> None:
    bench, stop = Bench(DeliverySpec()), asyncio.Event()
    contexts: list[FrameContext] = []

    async def process(group: FrameGroup) -> list[Attempt]:
        contexts.extend(group.contexts)
        bench.clock.seconds += 1
        return await FrameProcessor.process(bench.processor, group)

    bench.processor.process = process  # type: ignore[method-assign]
    bench.processor.go.set()
    began = bench.clock.seconds
    await bench.offer(1)
    await completed(bench, stop, 1)
    (context,) = contexts
    timings = context.timings
    assert (timings.received, timings.dispatched, timings.committed) == (began, began, began + 1)
    assert (timings.decoded, timings.sent, timings.answered) == (None, None, None)


async def test_frames_that_wait_are_worked_on_together_and_those_that_failed_alone() -> None:
    bench, stop = Bench(DeliverySpec()), asyncio.Event()
    groups: list[list[int]] = []

    async def process(group: FrameGroup) -> list[Attempt]:
        numbers = [each.frame.id.sequence for each in group.contexts]
        groups.append(numbers)
        attempts = await FrameProcessor.process(bench.processor, group)
        if len(numbers) > 1 and 4 in numbers:
            attempts[numbers.index(4)] = AttemptFailed("inference_failed", "no")
        return attempts

    bench.processor.process = process  # type: ignore[method-assign]
    for number in range(1, 8):
        await bench.offer(number)

    async def draw(stop: asyncio.Event) -> None:
        drawing = asyncio.create_task(bench.dispatcher.draw(bench.lease("one"), stop))
        await eventually(lambda: bench.dispatcher.in_progress >= 7, 10)
        bench.processor.go.set()
        await bench.until_completed(7)
        stop.set()
        await drawing

    await bench.dispatcher.run(stop, draw)
    # The first two found all groups idle; of the four slots two are left.
    assert groups[:3] == [[1], [2], [3, 4]]
    assert [4] in groups
    assert sorted(each.frame.sequence for each in bench.outcomes) == list(range(1, 8))


async def test_frames_of_one_camera_keep_their_order_where_they_are_worked_on_together() -> None:
    bench, stop = Bench(ORDERED), asyncio.Event()
    for number in range(1, 13):
        await bench.offer(number)
    bench.processor.go.set()
    await completed(bench, stop, 12)
    assert [each.frame.sequence for each in bench.outcomes] == list(range(1, 13))


async def test_an_outcome_that_cannot_be_written_costs_its_own_frame_alone() -> None:
    """A fault of ours: that frame is given back, and the worker goes on with the others."""
    bench, stop = Bench(DeliverySpec()), asyncio.Event()

    async def process(group: FrameGroup) -> list[Attempt]:
        attempts = await FrameProcessor.process(bench.processor, group)
        return [
            replace(each, detail="\ud800")
            if isinstance(each, Outcome) and each.frame.sequence == 4
            else each
            for each in attempts
        ]

    bench.processor.process = process  # type: ignore[method-assign]
    bench.processor.go.set()
    for number in range(1, 8):
        await bench.offer(number)
    await completed(bench, stop, 6)
    assert sorted(each.frame.sequence for each in bench.outcomes) == [1, 2, 3, 5, 6, 7]
    assert len(bench.plane.messages("FRAMES")) == 1


async def test_an_outcome_that_is_not_stored_at_once_is_stored_later() -> None:
    """As where the ledger is away for a moment: the frames are not worked on anew."""
    bench, stop = Bench(DeliverySpec()), asyncio.Event()
    begin, refused = bench.plane.begin_store, 0

    def begin_store(message: OutboundMessage) -> asyncio.Future[int | None] | None:
        nonlocal refused
        refused += 1
        if refused % 3 == 1:
            return None
        if refused % 3 == 2:
            failed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
            failed.set_exception(StreamUnavailable("no answer"))
            return failed
        return begin(message)

    for number in range(1, 8):
        await bench.offer(number)
    bench.plane.begin_store = begin_store  # type: ignore[method-assign]
    bench.processor.go.set()
    await completed(bench, stop, 7)
    assert sorted(each.frame.sequence for each in bench.outcomes) == list(range(1, 8))
    assert {each.attempts for each in bench.outcomes} == {1}


async def test_a_worker_with_all_that_it_may_hold_knows_how_fast_it_is() -> None:
    bench, stop = Bench(DeliverySpec()), asyncio.Event()
    for number in range(1, 16):
        await bench.offer(number)

    async def draw(stop: asyncio.Event) -> None:
        drawing = asyncio.create_task(bench.dispatcher.draw(bench.lease("all"), stop))
        await eventually(lambda: bench.dispatcher.in_progress >= 15, 10)
        bench.clock.seconds += 10
        bench.processor.go.set()
        await bench.until_completed(15)
        stop.set()
        await drawing

    await bench.dispatcher.run(stop, draw)
    # When the tenth was completed.
    assert bench.dispatcher.speed == WorkerSpeed(60, saturated=True)


async def test_a_worker_with_one_source_left_holds_as_much_as_with_all() -> None:
    bench, stop, others_end = Bench(DeliverySpec()), asyncio.Event(), asyncio.Event()
    sources = 4
    plane = bench.plane
    for number in range(1, 2 * HELD):
        await bench.offer(number)
    for number in range(1, sources):
        plane.add_consumer("FRAMES", ConsumerConfig(f"idle-{number}", "nothing.*", ACK_SECONDS))

    async def draw(stop: asyncio.Event) -> None:
        draw = bench.dispatcher.draw
        idle = [FrameSource("FRAMES", f"idle-{number}") for number in range(1, sources)]
        async with asyncio.TaskGroup() as tasks:
            for source in idle:
                tasks.create_task(draw(source, others_end))
            tasks.create_task(draw(bench.lease("all"), stop))
            await eventually(lambda: bench.dispatcher.in_progress == HELD // sources, 10)
            others_end.set()
            await eventually(lambda: bench.dispatcher.in_progress == HELD, 10)
            bench.processor.go.set()
            await bench.until_completed(2 * HELD - 1)
            stop.set()

    await bench.dispatcher.run(stop, draw)
