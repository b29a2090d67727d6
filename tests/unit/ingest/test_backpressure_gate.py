"""What makes room for a frame, and what does not."""

import asyncio

from framemesh.ingest.storing.backpressure_gate import BackpressureGate
from framemesh.runtime.dataplane.errors import BrokerFull, StreamFull
from framemesh.runtime.dataplane.outbound_message import OutboundMessage

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
