"""A network link that is cut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.faults.fault import Needs, RecoverySignal
from tests.chaos.faults.targets import Target
from tests.chaos.machine.lan import Lan
from tests.chaos.mesh.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class Cut:
    """Cuts a process and its children off the network, in both directions, for a while."""

    target: Target
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 5.0
    # Shorter and longer than the 10 to 15 s after which a silent connection times out.
    hold_seconds: tuple[float, float] = (1.0, 20.0)
    needs: frozenset[Needs] = frozenset({Needs.LAN})

    @property
    def name(self) -> str:
        return f"cut off {self.target.name}"

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        lan = _lan(system)
        await lan.cut(self.target.place)
        try:
            yield
        finally:
            await lan.mend(self.target.place)


def _lan(system: SystemUnderTest) -> Lan:
    if system.lan is None:
        raise ValueError("no cable can be cut here: the mesh has no network of its own")
    return system.lan
