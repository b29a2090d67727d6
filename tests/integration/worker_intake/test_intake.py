"""A worker's intake on a real broker.

What looks at the frames is a stand-in for the engine, so that it can fail as no model does; the
engine has tests of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from pydantic import ByteSize

from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline import BufferSpec, PipelineSpec, StageSpec
from framemesh.master.buffer import BufferProvisioner
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.publisher import Outgoing, Publisher, publisher
from framemesh.runtime.jetstream.subjects import frames_subject, ledger_stream
from framemesh.runtime.jetstream.tail import Tail
from framemesh.runtime.messages import frame_message, outcome_message
from framemesh.worker import intake as intake_module
from framemesh.worker.inspection import TryAgain
from framemesh.worker.intake import Intake

MIB = 1024 * 1024
BUFFER = BufferSpec(max_bytes=ByteSize(64 * MIB))
SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),), BUFFER)


def done(frame: Frame, attempt: int) -> Outcome:
    return Outcome(frame.id, "street", Fate.DONE, 1, 2, "test", attempts=attempt)


@dataclass
class ScriptedInspector:
    """Decides as it is told; keeps what it was asked."""

    decide: Callable[[Frame, int], Outcome] = done
    asked: list[tuple[int, int]] = field(default_factory=list)
    """Sequence number and attempt."""
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def outcome(self, frame: Frame, attempt: int) -> Outcome:
        self.asked.append((frame.id.sequence, attempt))
        self.busy.set()
        await self.gate.wait()
        return self.decide(frame, attempt)


@pytest.fixture
async def publish(nats_broker: Broker) -> AsyncIterator[Publisher]:
    await BufferProvisioner(nats_broker).provision(SPEC)
    async with publisher(nats_broker) as found:
        yield found


@asynccontextmanager
async def working(
    nats: Broker, publish: Publisher, inspector: ScriptedInspector
) -> AsyncIterator[Intake]:
    """An intake at work; it is told to stop, and waited for, at the end."""
    stop = asyncio.Event()
    intake = Intake(
        nats,
        publish,
        inspector,  # type: ignore[arg-type]
        SPEC,
        frames_in_progress=32,
        clock=SystemClock(),
    )
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(intake.run(stop))
        yield intake
        stop.set()


async def offer(publish: Publisher, count: int) -> None:
    for number in range(1, count + 1):
        frame = Frame(FrameId("door", "s", number), 1, b"an image")
        await publish.store(frame_message.to_message("street", number % 4, frame))


async def frames_left(nats: Broker) -> int:
    answer = await nats.request("$JS.API.STREAM.INFO.FRAMES-street-0", {})
    return int(answer["state"]["messages"])


async def emptied(nats: Broker) -> None:
    async with asyncio.timeout(20):
        while await frames_left(nats):
            await asyncio.sleep(0.02)


async def outcomes(nats: Broker, count: int) -> list[Outcome]:
    found: list[Outcome] = []

    async def take(entry: object) -> None:
        found.append(outcome_message.from_payload(entry.payload))  # type: ignore[attr-defined]

    reading = asyncio.ensure_future(
        Tail(nats, ledger_stream("street"), SystemClock(), ["outcomes.>"]).read(take)
    )
    async with asyncio.timeout(20):
        while len(found) < count:
            await asyncio.sleep(0.02)
    reading.cancel()
    return found


async def test_every_frame_is_acked_after_its_outcome_is_stored(
    nats_broker: Broker, publish: Publisher
) -> None:
    inspector = ScriptedInspector()
    inspector.gate.set()
    await offer(publish, 100)
    async with working(nats_broker, publish, inspector) as intake:
        await emptied(nats_broker)
        assert intake.sealed == 100
    found = await outcomes(nats_broker, 100)
    assert sorted(outcome.frame.sequence for outcome in found) == list(range(1, 101))


async def test_a_fault_of_one_frame_ends_neither_the_worker_nor_its_neighbours(
    nats_broker: Broker, publish: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "PAUSE_SECONDS", 0.05)

    def decide(frame: Frame, attempt: int) -> Outcome:
        if frame.id.sequence == 3 and attempt < 3:
            raise ZeroDivisionError("a fault that nobody thought of")
        if frame.id.sequence == 4 and attempt < 2:
            raise TryAgain("a passing fault")
        return done(frame, attempt)

    inspector = ScriptedInspector(decide)
    inspector.gate.set()
    await offer(publish, 8)
    async with working(nats_broker, publish, inspector):
        await emptied(nats_broker)
    attempts = {o.frame.sequence: o.attempts for o in await outcomes(nats_broker, 8)}
    assert attempts == {1: 1, 2: 1, 3: 3, 4: 2, 5: 1, 6: 1, 7: 1, 8: 1}


async def test_a_message_that_is_no_frame_is_thrown_out(
    nats_broker: Broker, publish: Publisher
) -> None:
    inspector = ScriptedInspector()
    inspector.gate.set()
    await publish.store(Outgoing(frames_subject("street", 0, "door"), "not/a-frame", b"?"))
    await offer(publish, 4)
    async with working(nats_broker, publish, inspector):
        await emptied(nats_broker)
    assert len(await outcomes(nats_broker, 4)) == 4


async def test_frames_that_a_stopped_worker_does_not_finish_go_to_another_at_once(
    nats_broker: Broker, publish: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "DRAIN_SECONDS", 0.2)
    stuck, other = ScriptedInspector(), ScriptedInspector()
    await offer(publish, 8)
    async with working(nats_broker, publish, stuck):
        await stuck.busy.wait()
    other.gate.set()
    began = asyncio.get_running_loop().time()
    async with working(nats_broker, publish, other):
        await emptied(nats_broker)
    # Not given back, they would come after the broker's ack wait of 10 seconds.
    assert asyncio.get_running_loop().time() - began < 5
    assert len(await outcomes(nats_broker, 8)) == 8


async def test_a_frame_whose_ack_was_lost_has_one_outcome(
    nats_broker: Broker, publish: Publisher
) -> None:
    """As a worker leaves it that is killed between the outcome and the ack."""
    await offer(publish, 1)
    sealed = outcome_message.to_message(done(Frame(FrameId("door", "s", 1), 1, b""), 1))
    await publish.store(sealed)
    inspector = ScriptedInspector()
    inspector.gate.set()
    async with working(nats_broker, publish, inspector):
        await emptied(nats_broker)
    answer = await nats_broker.request("$JS.API.STREAM.INFO.LEDGER-street", {})
    assert answer["state"]["messages"] == 1
