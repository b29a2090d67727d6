"""A buffer that is full."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random

import nats.errors
import psutil

from tests.chaos.faults.fault import NOTHING, Needs, Sign
from tests.chaos.faults.victims import WORKER
from tests.chaos.scene import Scene

FLOOD_FPS = 400.0
"""More than a machine takes; the buffer is full after a second or two."""

FULL = 0.95
"""Of its bytes: there is no room for one more frame of each shard."""

FILL_SECONDS = 15.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class FullBuffer:
    """All workers are frozen while a camera floods the buffer: cameras must wait."""

    name: str = "fill the buffer"
    sign: Sign = Sign.FRAMES
    # What is in a full buffer comes first.
    limit_seconds: float = 10.0
    hold_seconds: tuple[float, float] = (1.0, 5.0)
    needs: frozenset[Needs] = NOTHING

    @asynccontextmanager
    async def inflict(self, scene: Scene, random: Random) -> AsyncIterator[None]:
        name = f"flood-{random.getrandbits(32):08x}"
        async with AsyncExitStack() as stack:
            # Ends last: its last answers come when there is room again.
            await stack.enter_async_context(
                scene.cameras.another(name, scene.images.good, FLOOD_FPS)
            )
            stack.enter_context(_frozen(WORKER.processes(scene.root)))
            # A pipeline that lets frames go is never full; the flood alone is the fault then.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FILL_SECONDS):
                    while not await _full(scene):
                        await asyncio.sleep(POLL_SECONDS)
            yield


async def _full(scene: Scene) -> bool:
    try:
        _, size = await scene.streams.buffered()
    except nats.errors.Error:
        return False  # the broker is not back yet from the last fault
    return size >= FULL * scene.spec.buffer.max_bytes


@contextlib.contextmanager
def _frozen(processes: list[psutil.Process]) -> Iterator[None]:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
