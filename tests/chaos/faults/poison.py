"""Invalid frames and messages."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import nats.errors

from tests.chaos.faults.fault import NOTHING, Needs, RecoverySignal
from tests.chaos.mesh.system_under_test import SystemUnderTest

POISON_FPS = 20.0
"""There are eight kinds, so each is sent more than twice a second."""


@dataclass(frozen=True, slots=True)
class Poison:
    """A camera sends invalid images, and foreign messages are published to the buffer's
    subjects."""

    name: str = "poison"
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 5.0
    hold_seconds: tuple[float, float] = (2.0, 4.0)
    needs: frozenset[Needs] = NOTHING

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        name = f"poison-{random.getrandbits(32):08x}"
        async with system.cameras.another(name, system.images.bad, POISON_FPS):
            # The broker may not be back yet from the last fault.
            with contextlib.suppress(nats.errors.Error):
                await system.streams.publish_foreign_message(name, random.randbytes(64))
            yield
