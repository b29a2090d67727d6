"""Frames that harm Triton or their worker: tried alone, counted past the worker's death, given up.

Triton is a fake that dies of some frames; the attempts are counted on a real broker.
"""

import asyncio
import math
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ByteSize

from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.dataplane.reliable_writer import UNTIL_STOPPED, ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.errors import (
    Corrupt,
    InferenceFailed,
    TooOld,
    TritonNotReady,
    TritonUnavailable,
    Undecodable,
)
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.processing.inference import Inference
from framemesh.worker.processing.isolation import IsolatedAttempts, Isolation
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import FrameProcessor
from framemesh.worker.processing.retries import Retries
from framemesh.worker.processing.terminal_errors import TerminalErrors
from framemesh.worker.processing.time_bound import TimeBound

SPEC = PipelineSpec(
    "street",
    (StageSpec("people", "person", 1),),
    BufferSpec(max_bytes=ByteSize(64 * 1024**2)),
)
MAX_ATTEMPTS = 2

GOOD, KILLER, REFUSED, BUG = b"good", b"kills triton", b"refused", b"finds a fault of ours"
HARMLESS = {
    b"no picture": (Undecodable("no picture"), "undecodable"),
    b"damaged": (Corrupt("damaged"), "corrupt"),
}


@dataclass
class FragileTriton:
    """Dies of a killer, with all that is under way, and comes back."""

    deaths: int = 0
    inside: list[bytes] = field(default_factory=list)
    company_of_killers: list[int] = field(default_factory=list)
    """How many others were under way at each death."""
    lives: asyncio.Event = field(default_factory=asyncio.Event)
    died: asyncio.Event = field(default_factory=asyncio.Event)

    async def available(self) -> None:
        if not self.lives.is_set():
            await asyncio.sleep(0.01)
            self.died = asyncio.Event()
            self.lives.set()

    async def run(self, inputs: Sequence[FrameInput]) -> list[InferenceResult | Exception]:
        running = [asyncio.ensure_future(self._run(each)) for each in inputs]
        found = await asyncio.gather(*running, return_exceptions=True)
        return [each for each in found if isinstance(each, InferenceResult | Exception)]

    async def _run(self, frame: FrameInput) -> InferenceResult:
        image = frame.image
        if frame.deadline <= asyncio.get_running_loop().time():
            raise TooOld
        if image in HARMLESS:
            raise HARMLESS[image][0]
        if not self.lives.is_set():
            raise TritonNotReady("away")
        self.inside.append(image)
        try:
            async with asyncio.timeout(0.005):
                await self.died.wait()
            raise TritonUnavailable("it died")
        except TimeoutError:
            return self._answer(image)
        finally:
            self.inside.remove(image)

    def _answer(self, image: bytes) -> InferenceResult:
        if image == KILLER:
            self.deaths += 1
            self.company_of_killers.append(len(self.inside) - 1)
            self.lives.clear()
            self.died.set()
            raise TritonUnavailable("it died")
        if image == REFUSED:
            raise InferenceFailed("no such input")
        if image == BUG:
            raise ZeroDivisionError("a fault that nobody thought of")
        return InferenceResult(4, 3, ())


@pytest.fixture
async def writer(nats_broker: Broker) -> AsyncIterator[ReliableWriter]:
    await BufferProvisioner(nats_broker).provision(SPEC, Generation.of(1, SPEC))
    async with publisher(nats_broker) as publish:
        yield ReliableWriter(publish, UNTIL_STOPPED)


def processor(writer: ReliableWriter, triton: FragileTriton) -> FrameProcessor:
    triton.lives.set()
    server: Any = triton
    graph: Any = triton
    outcomes = OutcomeFactory("street", "test", DeliverySpec(), SystemClock())
    attempts = IsolatedAttempts(writer, "street", "test")
    steps = (
        TerminalErrors(outcomes),
        Retries(server),
        Isolation(server, attempts, MAX_ATTEMPTS),
        TimeBound(60, SystemClock()),
    )
    return FrameProcessor(steps, Inference(graph, outcomes).process)


def frame(
    number: int, image: bytes = GOOD, *, suspect: bool = False, deadline: float = math.inf
) -> FrameContext:
    found = Frame(FrameId("door", "s", number), 1, image, zlib.crc32(image))
    return FrameContext(found, SystemClock(), suspect=suspect, deadline=deadline)


async def outcomes_of(
    writer: ReliableWriter, triton: FragileTriton, *frames: FrameContext
) -> list[Outcome]:
    """Of frames that are worked on as a worker does it: together, then each that failed alone."""
    processing = processor(writer, triton)
    async with asyncio.timeout(20):
        together = await processing.process(FrameGroup(frames))
        return await asyncio.gather(
            *(
                _done(attempt) if isinstance(attempt, Outcome) else outcome(processing, each)
                for each, attempt in zip(frames, together, strict=True)
            )
        )


async def _done(outcome: Outcome) -> Outcome:
    return outcome


async def outcome(processing: FrameProcessor, context: FrameContext) -> Outcome:
    """Of a frame alone."""
    (found,) = await processing.process(FrameGroup([context]))
    assert isinstance(found, Outcome)
    return found


async def test_a_frame_that_kills_triton_dies_alone(writer: ReliableWriter) -> None:
    triton = FragileTriton()
    frames = [frame(n, KILLER if n == 3 else GOOD) for n in range(6)]
    found = await outcomes_of(writer, triton, *frames)
    assert [o.fate for o in found] == [Fate.DEAD if n == 3 else Fate.DONE for n in range(6)]
    assert found[3].reason == "model_crashed"
    # Once among the others, then as often as it is tried, each time with nobody else.
    assert triton.deaths == 1 + MAX_ATTEMPTS
    assert triton.company_of_killers[1:] == [0] * MAX_ATTEMPTS


@pytest.mark.parametrize(("image", "reason"), [(REFUSED, "inference_failed"), (BUG, "fault")])
async def test_a_frame_that_fails_each_time_is_given_up(
    writer: ReliableWriter, image: bytes, reason: str
) -> None:
    found, other = await outcomes_of(writer, FragileTriton(), frame(1, image), frame(2))
    assert (found.fate, found.reason, found.attempts) == (Fate.DEAD, reason, 1 + MAX_ATTEMPTS)
    assert (other.fate, other.attempts) == (Fate.DONE, 1)


@pytest.mark.parametrize("image", list(HARMLESS))
async def test_what_is_no_picture_is_not_tried_again(writer: ReliableWriter, image: bytes) -> None:
    (found,) = await outcomes_of(writer, FragileTriton(), frame(1, image))
    assert (found.fate, found.reason, found.attempts) == (Fate.DEAD, HARMLESS[image][1], 1)


async def test_a_triton_that_is_away_is_waited_for_and_nobody_is_suspect(
    writer: ReliableWriter,
) -> None:
    triton = FragileTriton()
    processing = processor(writer, triton)
    triton.lives.clear()
    found = await outcome(processing, frame(1))
    assert (found.fate, found.attempts) == (Fate.DONE, 1)


async def test_a_frame_that_ends_its_worker_is_given_up_by_the_last_one(
    writer: ReliableWriter,
) -> None:
    """Each worker puts the try on record, and is not heard of again."""
    for _ in range(MAX_ATTEMPTS):
        assert await IsolatedAttempts(writer, "street", "gone").begin(FrameId("door", "s", 1))
    triton = FragileTriton()
    processing = processor(writer, triton)
    found = await outcome(processing, frame(1, suspect=True))
    assert (found.fate, found.reason) == (Fate.DEAD, "worker_crashed")
    # One that was only near it is done, however often it was delivered.
    for number in range(2, 12):
        near = await outcome(processing, frame(number, suspect=True))
        assert (near.fate, near.attempts) == (Fate.DONE, 2)


async def test_a_frame_expires_also_when_it_is_suspect(writer: ReliableWriter) -> None:
    processing = processor(writer, FragileTriton())
    for suspect in (False, True):
        found = await outcome(processing, frame(1, suspect=suspect, deadline=-math.inf))
        assert found.fate is Fate.EXPIRED
