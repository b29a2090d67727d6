"""A disk that is full."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.faults.fault import Needs, RecoverySignal
from tests.chaos.mesh.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class FullDisk:
    """Another program fills the disk of the mesh."""

    name: str = "fill the disk"
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 10.0
    hold_seconds: tuple[float, float] = (2.0, 8.0)
    needs: frozenset[Needs] = frozenset({Needs.DISK})

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        if system.disk is None:
            raise ValueError("no disk can be filled here: the mesh has none of its own")
        try:
            await asyncio.to_thread(system.disk.fill)
            yield
        finally:
            await asyncio.to_thread(system.disk.free)
