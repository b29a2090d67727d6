"""Two workers of unlike speed draw from the same shard, on the data plane in memory."""

import asyncio
from functools import partial

from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.memory.config import ConsumerConfig
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt
from tests.hand_clock import HandClock
from tests.unit.worker.test_dispatcher import SLOTS, Bench
from tests.waiting import eventually

DELIVERY = DeliverySpec()
EACH_ALONE = GroupSizes(SLOTS, BatchBound(1))
FAST, SLOW = 4, 1
"""Frames that each completes in a step of time."""


class Accelerator:
    """Completes as many frames as it is let."""

    def __init__(self, clock: HandClock) -> None:
        self._outcomes = OutcomeFactory("street", "w", DELIVERY, clock)
        self._turns = asyncio.Semaphore(0)
        self.started = self.done = 0

    @property
    def full(self) -> bool:
        """Whether it has as many frames as its worker dispatches at once."""
        return self.started - self.done == SLOTS

    def let(self, frames: int) -> None:
        for _ in range(frames):
            self._turns.release()

    async def process(self, group: FrameGroup) -> list[Attempt]:
        attempts: list[Attempt] = []
        self.started += len(group.contexts)
        for each in group.contexts:
            await self._turns.acquire()
            self.done += 1
            attempts.append(self._outcomes.done(each, InferenceResult(1, 1, ()), attempts=1))
        return attempts


def worker(plane_of: Bench) -> tuple[Bench, Accelerator]:
    accelerator = Accelerator(plane_of.clock)
    return Bench(DELIVERY, plane_of.plane, accelerator, EACH_ALONE), accelerator


async def test_each_draws_by_its_own_speed_and_the_slow_one_holds_up_none() -> None:
    shared = Bench(DELIVERY)
    shared.plane.add_consumer("FRAMES", ConsumerConfig("all", "frames.*", 60.0))
    source, stop = FrameSource("FRAMES", "all"), asyncio.Event()
    for number in range(1, 301):
        await shared.offer(number)
    (fast, quick), (slow, leisurely) = worker(shared), worker(shared)
    async with (
        background_task(fast.dispatcher.run(stop, partial(fast.dispatcher.draw, source))),
        background_task(slow.dispatcher.run(stop, partial(slow.dispatcher.draw, source))),
    ):
        for step in range(1, 31):
            # Each always has as many as it works on at once, whatever the other does.
            await eventually(lambda: quick.full and leisurely.full, 10)
            quick.let(FAST)
            leisurely.let(SLOW)
            await eventually(lambda: quick.done + leisurely.done, 10, until=(5 * step).__eq__)
    assert (quick.done, leisurely.done) == (120, 30)
