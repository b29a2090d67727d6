"""An isolated attempt is counted if it is made, and only then."""

import asyncio

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.errors import StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.memory.config import Retention, StreamConfig
from framemesh.runtime.memory.memory_plane import MemoryPlane
from framemesh.worker.processing import isolation
from framemesh.worker.processing.isolation import CountedAttempts, IsolatedAttempts

FRAME = FrameId("door", "s", 1)


class AnswersLost:
    """Stores what it gets, or not, and then its first answers do not arrive."""

    def __init__(self, plane: MemoryPlane, lost: int, *, stores: bool) -> None:
        self._plane = plane
        self._lost = lost
        self._stores = stores

    async def store(self, message: OutboundMessage) -> None:
        if self._lost:
            self._lost -= 1
            if self._stores:
                await self._plane.store(message)
            raise StreamUnavailable("no answer in time")
        await self._plane.store(message)


@pytest.fixture
def plane() -> MemoryPlane:
    plane = MemoryPlane(SystemClock())
    plane.provision(StreamConfig("LEDGER", ("trials.>",), Retention.LIMITS, 1_000_000))
    return plane


@pytest.mark.parametrize("stores", [True, False])
async def test_an_attempt_whose_answer_is_lost_is_counted_once(
    plane: MemoryPlane, *, stores: bool
) -> None:
    sink = AnswersLost(plane, 2, stores=stores)
    async with asyncio.timeout(10):
        attempts = IsolatedAttempts(ReliableWriter(sink), "street", "w1")
        assert await attempts.begin(FRAME) == 1
        assert await attempts.begin(FRAME) == 2
    assert len(plane.messages("LEDGER")) == 2


async def test_the_attempts_of_all_workers_are_counted_together(plane: MemoryPlane) -> None:
    numbers = [
        await IsolatedAttempts(ReliableWriter(plane), "street", worker).begin(FRAME)
        for worker in ("w1", "w2", "w1")
    ]
    assert numbers == [1, 2, 3]


async def test_the_attempts_at_copies_are_counted_in_memory_within_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolation, "MAX_COUNTED", 2)
    attempts, others = CountedAttempts(), [FrameId("door", "s", number) for number in (2, 3)]
    assert [await attempts.begin(FRAME) for _ in range(3)] == [1, 2, 3]
    assert [await attempts.begin(each) for each in others] == [1, 1]
    assert await attempts.begin(FRAME) == 1
