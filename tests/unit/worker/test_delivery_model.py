"""The life of frames, whatever order things happen in: workers come, are killed, and are late.

The dispatcher is the real one, on the data plane in memory, which passes the same contract as the
real broker. Time is moved by hand, so that a frame that is in progress may be delivered elsewhere.
"""

import asyncio
import itertools
import zlib
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.memory.config import ConsumerConfig, Retention, StreamConfig
from framemesh.runtime.memory.memory_plane import MemoryPlane
from framemesh.runtime.messages import frame_message, outcome_message
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt
from tests.hand_clock import HandClock
from tests.recorded_spans import untraced

ACK_SECONDS = 4.0
MIB = 1024 * 1024
POLL_SECONDS = 0.015
"""In which a pull in memory looks at the clock."""

SHARD = Shard("street", 1, 0, 0)


class FrameProcessor:
    """Answers each frame once it is let go."""

    def __init__(self, outcome_factory: OutcomeFactory) -> None:
        self._outcome_factory = outcome_factory
        self.go = asyncio.Event()

    async def process(self, group: FrameGroup) -> list[Attempt]:
        await self.go.wait()
        attempts = 2 if group.suspect else 1
        return [
            self._outcome_factory.done(each, InferenceResult(1, 1, ()), attempts=attempts)
            for each in group.contexts
        ]


class Worker:
    """A dispatcher at work, which can be ended as kill -9 does it."""

    def __init__(self, name: str, plane: MemoryPlane, clock: HandClock) -> None:
        outcome_factory = OutcomeFactory("street", name, DeliverySpec(), clock)
        self.processor = FrameProcessor(outcome_factory)
        self.stop = asyncio.Event()
        dispatcher = Dispatcher(
            plane,
            self.processor,  # type: ignore[arg-type]
            outcome_factory,
            OutcomeCommitter(plane, outcome_factory, untraced()),
            DeliverySpec(),
            slots=4,
            groups=GroupSizes(2, BatchBound(3)),
            held=8,
            clock=clock,
            dispatch_latency=lambda: 0.0,
        )
        draw = partial(dispatcher.draw, FrameSource("FRAMES", "all"))
        self.task = asyncio.get_event_loop().create_task(dispatcher.run(self.stop, draw))


class Deliveries(RuleBasedStateMachine):
    """Offers frames, starts and kills workers, moves time; every frame gets one outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = HandClock()
        self.plane = MemoryPlane(self.clock)
        self.plane.provision(
            StreamConfig("FRAMES", ("frames.*",), Retention.WORK_QUEUE, MIB),
            ConsumerConfig("all", "frames.*", ACK_SECONDS),
        )
        self.plane.provision(StreamConfig("LEDGER", ("outcomes.>",), Retention.LIMITS, MIB))
        self.offered = 0
        self.names = itertools.count()
        self.workers: list[Worker] = []

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @rule(count=st.integers(1, 5))
    def offer(self, count: int) -> None:
        for _ in range(count):
            self.offered += 1
            self.do(self.plane.store(message(self.offered)))

    @precondition(lambda self: len(self.workers) < 3)
    @rule()
    def start(self) -> None:
        async def starting() -> Worker:
            return Worker(f"worker-{next(self.names)}", self.plane, self.clock)

        self.workers.append(self.do(starting()))

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        worker = self.workers.pop(data.draw(st.integers(0, len(self.workers) - 1)))
        worker.task.cancel()
        self.do(asyncio.wait([worker.task]))

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), going=st.booleans())
    def answer(self, data: st.DataObject, *, going: bool) -> None:
        """A worker answers from now on, or is stuck."""
        worker = self.workers[data.draw(st.integers(0, len(self.workers) - 1))]
        (worker.processor.go.set if going else worker.processor.go.clear)()

    @rule(steps=st.integers(1, 8))
    def run_loop(self, steps: int) -> None:
        async def some() -> None:
            for _ in range(steps):
                await asyncio.sleep(0)

        self.do(some())

    @rule(seconds=st.sampled_from([1.0, ACK_SECONDS + 0.1]))
    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.do(asyncio.sleep(POLL_SECONDS))

    @invariant()
    def no_frame_has_two_outcomes(self) -> None:
        assert all(times == 1 for times in Counter(self.completed).values())

    @invariant()
    def what_left_the_buffer_has_its_outcome(self) -> None:
        left = {int(each.subject.split(".")[1]) for each in self.plane.messages("FRAMES")}
        assert set(range(1, self.offered + 1)) - left <= set(self.completed)

    @property
    def completed(self) -> list[int]:
        return [
            outcome_message.from_payload(each.payload).frame.sequence
            for each in self.plane.messages("LEDGER")
        ]

    def teardown(self) -> None:
        """With a worker that works, every frame gets its outcome."""
        for worker in self.workers:
            worker.task.cancel()
        if self.workers:
            self.do(asyncio.wait([worker.task for worker in self.workers]))
        self.start()
        self.workers[-1].processor.go.set()
        for _ in range(1000):
            if len(self.completed) == self.offered and not self.plane.messages("FRAMES"):
                break
            self.wait(ACK_SECONDS + 0.1)
        assert sorted(self.completed) == list(range(1, self.offered + 1))
        self.workers[-1].stop.set()
        self.do(asyncio.wait([self.workers[-1].task]))
        self.loop.close()


def message(number: int) -> OutboundMessage:
    frame = Frame(FrameId("door", "s", number), 0, b"x", zlib.crc32(b"x"))
    return replace(frame_message.to_message(SHARD, frame), subject=f"frames.{number}")


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
