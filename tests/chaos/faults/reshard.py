"""Changes the streams and shards of a pipeline's buffer under load."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random

import grpc
import grpc.aio
from pydantic import ByteSize

from framemesh.core.pipeline.spec import BufferSpec
from tests.chaos.faults.fault import NOTHING, Needs, RecoverySignal
from tests.chaos.mesh.system_under_test import SystemUnderTest

STREAMS, SHARDS = (1, 2), (1, 2, 3, 5, 6)
"""Alternative layouts (streams, shards). The pipelines have one stream of four shards."""

APPLY_SECONDS = 30.0
"""Timeout for the master, which may still be recovering from the last fault, to accept a change."""

AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Reshard:
    """Changes the numbers of streams and shards, and soon changes them back: the first generation
    may not be drained when the second change comes."""

    name: str = "change the shards"
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    # Workers finish their work first, for up to 8 s, and restart.
    limit_seconds: float = 13.0
    hold_seconds: tuple[float, float] = (0.2, 3.0)
    needs: frozenset[Needs] = NOTHING

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        buffer = system.spec.buffer
        streams, shards = random.choice(STREAMS), random.choice(SHARDS)
        size = ByteSize(streams * buffer.max_bytes)
        await _apply(system, replace(buffer, streams=streams, shards=shards, max_bytes=size))
        yield
        await _apply(system, buffer)


async def _apply(system: SystemUnderTest, buffer: BufferSpec) -> None:
    async with asyncio.timeout(APPLY_SECONDS):
        while True:
            try:
                await system.mesh.submit(replace(system.spec, buffer=buffer))
                return
            except grpc.aio.AioRpcError as error:
                if error.code() not in AWAY:
                    raise
            await asyncio.sleep(RETRY_SECONDS)
