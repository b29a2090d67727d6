"""A buffer that is full."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random

import nats.errors
import psutil

from framemesh.runtime.concurrency.background_task import background_task
from tests.chaos.faults.fault import NOTHING, Needs, RecoverySignal
from tests.chaos.faults.targets import WORKER
from tests.chaos.mesh.system_under_test import SystemUnderTest

FLOOD_FPS = 400.0
"""More than a mesh processes; the buffer is full after one or two seconds."""

FULL = 0.95
"""Share of its bytes: there is no space for one more frame of each shard."""

FILL_SECONDS = 15.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class FullBuffer:
    """All workers are frozen while a camera floods the buffer: cameras must wait."""

    name: str = "fill the buffer"
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    # Frames in a full buffer are processed first.
    limit_seconds: float = 10.0
    hold_seconds: tuple[float, float] = (1.0, 5.0)
    needs: frozenset[Needs] = NOTHING

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        name = f"flood-{random.getrandbits(32):08x}"
        async with AsyncExitStack() as stack:
            # Ends last: its last answers come when there is space again.
            await stack.enter_async_context(
                system.cameras.another(name, system.images.good, FLOOD_FPS)
            )
            await stack.enter_async_context(frozen_workers(system))
            # A pipeline that drops frames is never full; then the flood alone is the fault.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FILL_SECONDS):
                    while not await _full(system):
                        await asyncio.sleep(POLL_SECONDS)
            yield


async def _full(system: SystemUnderTest) -> bool:
    try:
        _, size = await system.streams.buffered()
    except nats.errors.Error:
        return False  # the broker is not back yet from the last fault
    return size >= FULL * system.spec.buffer.max_bytes


@asynccontextmanager
async def frozen_workers(system: SystemUnderTest) -> AsyncIterator[None]:
    """Freeze all workers, also those that are started meanwhile."""
    frozen: set[psutil.Process] = set()

    async def freeze_new_ones() -> None:
        for process in await asyncio.to_thread(WORKER.processes, system.root):
            if process not in frozen:
                frozen.add(process)
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()

    async def go_on() -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await freeze_new_ones()

    try:
        await freeze_new_ones()
        async with background_task(go_on()):
            yield
    finally:
        for process in frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
