"""What makes room for a frame, and what does not."""

import asyncio
import contextlib

import pytest

from framemesh.ingest.storing import backpressure_gate
from framemesh.ingest.storing.backpressure_gate import BackpressureGate
from framemesh.runtime.dataplane.errors import BrokerFull, StreamFull
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from tests.waiting import eventually

MESSAGE = OutboundMessage("frames.street.1-0.door", b"x", "door/s/2")


class Stream:
    """Refuses so often, for one reason."""

    def __init__(self, refusals: int, reason: StreamFull) -> None:
        self._refusals = refusals
        self._reason = reason

    async def store(self, message: OutboundMessage) -> None:
        if self._refusals:
            self._refusals -= 1
            raise self._reason

    def begin_store(self, message: OutboundMessage) -> None:
        return None


class Counted:
    """An eviction that always finds a frame."""

    evicted = 0

    async def make_room(self, newer: OutboundMessage) -> bool:
        self.evicted += 1
        return True


async def evictions(reason: StreamFull) -> int:
    eviction = Counted()
    async with asyncio.timeout(10):
        await BackpressureGate(Stream(3, reason)).store(MESSAGE, eviction)
    return eviction.evicted


async def test_older_frames_make_room_in_a_full_stream() -> None:
    assert await evictions(StreamFull("maximum bytes exceeded")) == 2


async def test_no_frame_is_lost_for_a_broker_that_is_full() -> None:
    assert await evictions(BrokerFull("insufficient resources")) == 0


class Room:
    """A stream with room for so many frames more, which counts what it refuses."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.refused = 0
        self.stored: list[str] = []

    async def store(self, message: OutboundMessage) -> None:
        await asyncio.sleep(0)
        if self.frames <= len(self.stored):
            self.refused += 1
            raise StreamFull("maximum bytes exceeded")
        self.stored.append(message.id)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None]:
        async def store() -> int | None:
            await self.store(message)
            return None

        return asyncio.ensure_future(store())


def frame(number: int) -> OutboundMessage:
    return OutboundMessage("frames.street.1-0.door", b"x", f"{number}")


async def publish(gate: BackpressureGate, number: int) -> None:
    """As a session does it: at once where that is possible, else it waits."""
    begun = gate.begin_store(frame(number))
    if begun is not None:
        with contextlib.suppress(StreamFull):
            await begun
            return
    await gate.store(frame(number))


async def test_frames_of_a_full_stream_are_refused_once_a_poll_and_not_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backpressure_gate, "POLL_SECONDS", 0.05)
    room = Room(0)
    gate = BackpressureGate(room)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        began = loop.time()
        waiting = [tasks.create_task(publish(gate, 1))]
        await eventually(lambda: room.refused)
        waiting += [tasks.create_task(publish(gate, number)) for number in range(2, 21)]
        for number in range(1, 21):
            room.frames = number
            await eventually(lambda: len(room.stored), until=number.__eq__)
            # A frame that comes as there is room for one comes behind those that wait.
            if number == 10:
                waiting.append(tasks.create_task(publish(gate, 21)))
        room.frames = 21
    polls = 1 + (loop.time() - began) / 0.05
    assert room.refused <= polls
    assert room.stored == [f"{number}" for number in range(1, 22)]


async def test_once_nobody_waits_frames_are_stored_side_by_side_again() -> None:
    room = Room(1)
    gate = BackpressureGate(room)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        await publish(gate, 1)
        second = tasks.create_task(publish(gate, 2))
        await eventually(lambda: room.refused)
        assert gate.begin_store(frame(3)) is None
        room.frames = 10
        await second
        begun = gate.begin_store(frame(3))
        assert begun is not None
        await begun


async def test_whoever_stops_waiting_leaves_the_others_their_turn() -> None:
    room = Room(0)
    gate = BackpressureGate(room)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(publish(gate, 1))
        second = tasks.create_task(publish(gate, 2))
        await eventually(lambda: room.refused)
        first.cancel()
        room.frames = 10
        await second
        await publish(gate, 3)
    assert room.stored == ["2", "3"]
    assert gate.begin_store(frame(4)) is not None
