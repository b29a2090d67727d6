"""The chain of steps: each attempt is bounded in time, and what a frame is given up for has a name.

What runs the models is a stand-in; the clock is moved by hand.
"""

import asyncio
import contextvars
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.errors import (
    AttemptFailed,
    BetterAlone,
    InferenceFailed,
    TooOld,
    Undecodable,
)
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import FrameGroup, WaitingForOthers
from framemesh.worker.processing import time_bound as time_bound_module
from framemesh.worker.processing.inference import Inference
from framemesh.worker.processing.isolation import IsolatedAttempts, Isolation
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt, FrameProcessor, Process, Step
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
        self.sizes: list[int] = []
        """Of the groups."""
        self.results: dict[bytes, Exception] = {}
        self.go = asyncio.Event()

    async def run(self, inputs: Sequence[FrameInput]) -> list[InferenceResult | Exception]:
        images = [each.image for each in inputs]
        self.running += images
        self.runs += 1
        self.sizes.append(len(images))
        try:
            if HANGS in images:
                await asyncio.Event().wait()
            if WAITS in images:
                with WaitingForOthers():
                    await self.go.wait()
            return [self.results.get(image, InferenceResult(4, 3, ())) for image in images]
        finally:
            for image in images:
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

    def frame(self, number: int, image: bytes = GOOD) -> FrameContext:
        return FrameContext(
            Frame(FrameId("door", "s", number), 0, image, zlib.crc32(image)), self.clock
        )

    def begin_group(self, *frames: FrameContext) -> asyncio.Task[list[Attempt]]:
        group = FrameGroup(frames)
        return asyncio.get_running_loop().create_task(
            self._processor.process(group), context=group.new_context(contextvars.copy_context())
        )

    def begin(self, number: int, image: bytes = GOOD) -> asyncio.Task[Outcome]:
        async def outcome() -> Outcome:
            (found,) = await self.begin_group(self.frame(number, image))
            assert isinstance(found, Outcome)
            return found

        return asyncio.get_running_loop().create_task(outcome())

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


async def test_what_fails_of_a_group_is_that_of_one_frame() -> None:
    bench = Bench()
    bench.graph.results = {
        b"no picture": Undecodable("no picture"),
        b"refused": InferenceFailed("no"),
        b"old": TooOld("late"),
        b"large": BetterAlone("large"),
    }
    frames = [bench.frame(at, image) for at, image in enumerate([GOOD, *bench.graph.results])]
    done, dead, failed, expired, large = await bench.begin_group(*frames)
    assert isinstance(done, Outcome)
    assert isinstance(dead, Outcome)
    assert isinstance(expired, Outcome)
    assert (done.fate, dead.fate, expired.fate) == (Fate.DONE, Fate.DEAD, Fate.EXPIRED)
    # These are for the caller to try alone, the one as a suspect.
    assert isinstance(failed, AttemptFailed)
    assert isinstance(large, BetterAlone)
    assert [frame.suspect for frame in frames] == [False, False, True, False, False]
    bench.graph.results.clear()
    (alone,) = await bench.begin_group(frames[2])
    assert isinstance(alone, Outcome)
    assert (alone.fate, alone.attempts) == (Fate.DONE, 2)
    assert bench.graph.sizes == [5, 1]
    bench.stop()


async def test_a_group_that_takes_too_long_makes_all_its_frames_suspect() -> None:
    bench = Bench()
    frames = [bench.frame(1, HANGS), bench.frame(2)]
    hanging = bench.begin_group(*frames)
    await eventually(lambda: bench.graph.runs == 1, 5)
    bench.clock.seconds += BOUND_SECONDS + 1
    attempts = await hanging
    assert [type(each) for each in attempts] == [AttemptFailed, AttemptFailed]
    assert all(each.suspect for each in frames)
    (found,) = await bench.begin_group(frames[1])
    assert isinstance(found, Outcome)
    assert (found.fate, found.attempts) == (Fate.DONE, 2)
    bench.stop()


async def test_a_fault_of_ours_makes_each_frame_of_its_group_suspect() -> None:
    bench = Bench()

    async def broken(inputs: Sequence[FrameInput]) -> list[InferenceResult | Exception]:
        raise ZeroDivisionError("a fault that nobody thought of")

    bench.graph.run = broken  # type: ignore[method-assign]
    frames = [bench.frame(1), bench.frame(2)]
    attempts = await bench.begin_group(*frames)
    reasons = [each.reason for each in attempts if isinstance(each, AttemptFailed)]
    assert reasons == ["fault", "fault"]
    assert all(each.suspect for each in frames)
    bench.stop()


async def test_steps_wrap_one_another_in_their_order() -> None:
    seen: list[str] = []

    class Named:
        def __init__(self, name: str) -> None:
            self._name = name

        async def process(self, group: FrameGroup, proceed: Process) -> list[Attempt]:
            seen.append(f"{self._name} begins")
            attempts = await proceed(group)
            seen.append(f"{self._name} ends")
            return attempts

    clock = HandClock()
    outcomes = OutcomeFactory("street", "w", DeliverySpec(), clock)

    async def last(group: FrameGroup) -> list[Attempt]:
        return [
            outcomes.done(each, InferenceResult(1, 1, ()), attempts=1) for each in group.contexts
        ]

    context = FrameContext(Frame(FrameId("door", "s", 1), 0, b"", 0), clock)
    await FrameProcessor((Named("outer"), Named("inner")), last).process(FrameGroup([context]))
    assert seen == ["outer begins", "inner begins", "inner ends", "outer ends"]
