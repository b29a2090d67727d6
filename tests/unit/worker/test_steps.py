"""The chain of steps: each attempt is bounded in time, and what a frame is given up for has a name.

What runs the models is a stand-in; the clock is moved by hand.
"""

import asyncio
import contextvars
import zlib
from typing import Any

import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.worker.engine.graph_executor import InferenceResult
from framemesh.worker.frame_context import FrameContext, WaitingForOthers
from framemesh.worker.processing import time_bound as time_bound_module
from framemesh.worker.processing.inference import Inference
from framemesh.worker.processing.isolation import IsolatedAttempts, Isolation
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import FrameProcessor, Process, Step
from framemesh.worker.processing.retries import Retries
from framemesh.worker.processing.terminal_errors import TerminalErrors
from framemesh.worker.processing.time_bound import TimeBound
from tests.hand_clock import HandClock
from tests.waiting import eventually

BOUND_SECONDS = 60.0
GOOD, HANGS, WAITS = b"good", b"hangs", b"waits for others"


class Triton:
    """Is always there."""

    async def available(self) -> None:
        """At once."""


class Graph:
    """Never answers some frames."""

    def __init__(self) -> None:
        self.running: list[bytes] = []
        self.runs = 0
        self.go = asyncio.Event()

    async def run(self, image: bytes, crc32: int, deadline: float) -> InferenceResult:
        self.running.append(image)
        self.runs += 1
        try:
            if image == HANGS:
                await asyncio.Event().wait()
            if image == WAITS:
                with WaitingForOthers():
                    await self.go.wait()
            return InferenceResult(4, 3, ())
        finally:
            self.running.remove(image)


class Ledger:
    """Takes each subject once."""

    async def store(self, message: OutboundMessage) -> None:
        """Always new."""


class Bench:
    """A chain of steps as a worker has it."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.graph = Graph()
        self.time_bound = TimeBound(BOUND_SECONDS, self.clock)
        outcomes = OutcomeFactory("street", "w", DeliverySpec(), self.clock)
        graph: Any = self.graph
        triton: Any = Triton()
        attempts = IsolatedAttempts(ReliableWriter(Ledger()), "street", "w")
        steps: tuple[Step, ...] = (
            TerminalErrors(outcomes),
            Retries(triton),
            Isolation(triton, attempts, 3),
            self.time_bound,
        )
        self._processor = FrameProcessor(steps, Inference(graph, outcomes).process)
        self._watch = asyncio.ensure_future(self.time_bound.watch())

    def begin(self, number: int, image: bytes = GOOD) -> asyncio.Task[Outcome]:
        frame = Frame(FrameId("door", "s", number), 0, image, zlib.crc32(image))
        context = FrameContext(frame, self.clock)
        return asyncio.get_running_loop().create_task(
            self._processor.outcome(context),
            context=context.new_context(contextvars.copy_context()),
        )

    async def looked(self) -> None:
        """The clock was looked at since it was moved."""
        await asyncio.sleep(5 * time_bound_module.POLL_SECONDS)

    def stop(self) -> None:
        self._watch.cancel()


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_bound_module, "POLL_SECONDS", 0.002)


async def test_a_frame_that_hangs_costs_its_life_and_the_others_one_bound() -> None:
    bench = Bench()
    hanging = bench.begin(1, HANGS)
    assert (await bench.begin(2)).fate is Fate.DONE
    # Among others the time may have been theirs: it is tried alone, and they wait for it.
    bench.clock.seconds += BOUND_SECONDS + 1
    await eventually(lambda: bench.graph.runs == 3, 5)
    other = bench.begin(3)
    bench.clock.seconds += BOUND_SECONDS - 1
    await bench.looked()
    assert not hanging.done()
    assert not other.done()
    bench.clock.seconds += 2
    outcome = await hanging
    assert (outcome.fate, outcome.reason, outcome.attempts) == (Fate.DEAD, "took_too_long", 2)
    assert outcome.detail == "work on it took over 60 s"
    assert (await other).fate is Fate.DONE
    bench.stop()


async def test_time_that_a_frame_waits_for_others_is_not_held_against_it() -> None:
    bench = Bench()
    waiting = bench.begin(1, WAITS)
    await eventually(lambda: bench.graph.running == [WAITS], 5)
    bench.clock.seconds += 10 * BOUND_SECONDS
    await bench.looked()
    bench.graph.go.set()
    outcome = await waiting
    assert (outcome.fate, outcome.attempts) == (Fate.DONE, 1)
    bench.stop()


async def test_a_frame_that_is_cancelled_leaves_nothing_behind() -> None:
    bench = Bench()
    hanging = bench.begin(1, HANGS)
    await eventually(lambda: bench.graph.running == [HANGS], 5)
    hanging.cancel()
    await asyncio.wait([hanging])
    assert hanging.cancelled()
    bench.clock.seconds += 2 * BOUND_SECONDS
    await bench.looked()
    assert (await bench.begin(2)).fate is Fate.DONE
    bench.stop()


async def test_steps_wrap_one_another_in_their_order() -> None:
    seen: list[str] = []

    class Named:
        def __init__(self, name: str) -> None:
            self._name = name

        async def process(self, context: FrameContext, proceed: Process) -> Outcome:
            seen.append(f"{self._name} begins")
            outcome = await proceed(context)
            seen.append(f"{self._name} ends")
            return outcome

    clock = HandClock()
    outcomes = OutcomeFactory("street", "w", DeliverySpec(), clock)

    async def last(context: FrameContext) -> Outcome:
        return outcomes.done(context, InferenceResult(1, 1, ()), attempts=1)

    context = FrameContext(Frame(FrameId("door", "s", 1), 0, b"", 0), clock)
    await FrameProcessor((Named("outer"), Named("inner")), last).outcome(context)
    assert seen == ["outer begins", "inner begins", "inner ends", "outer ends"]
