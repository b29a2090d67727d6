"""A disk that is full."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.faults.fault import Needs, Sign
from tests.chaos.scene import Scene


@dataclass(frozen=True, slots=True)
class FullDisk:
    """Something else takes all that is free of the disk on which the mesh has everything."""

    name: str = "fill the disk"
    sign: Sign = Sign.FRAMES
    limit_seconds: float = 10.0
    hold_seconds: tuple[float, float] = (2.0, 8.0)
    needs: frozenset[Needs] = frozenset({Needs.DISK})

    @asynccontextmanager
    async def inflict(self, scene: Scene, random: Random) -> AsyncIterator[None]:
        if scene.disk is None:
            raise ValueError("no disk can be filled here: the mesh has none of its own")
        try:
            await asyncio.to_thread(scene.disk.fill)
            yield
        finally:
            await asyncio.to_thread(scene.disk.free)
