"""A cable that is cut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.faults.fault import Needs, Sign
from tests.chaos.faults.victims import Victim
from tests.chaos.lan import Lan
from tests.chaos.scene import Scene


@dataclass(frozen=True, slots=True)
class Cut:
    """Nothing reaches a process and what it started, and nothing comes from it, for a while."""

    victim: Victim
    sign: Sign = Sign.FRAMES
    limit_seconds: float = 5.0
    # Shorter and longer than the 10 to 15 s after which a silent connection is given up.
    hold_seconds: tuple[float, float] = (1.0, 20.0)
    needs: frozenset[Needs] = frozenset({Needs.LAN})

    @property
    def name(self) -> str:
        return f"cut off {self.victim.name}"

    @asynccontextmanager
    async def inflict(self, scene: Scene, random: Random) -> AsyncIterator[None]:
        lan = _lan(scene)
        await lan.cut(self.victim.place)
        try:
            yield
        finally:
            await lan.mend(self.victim.place)


def _lan(scene: Scene) -> Lan:
    if scene.lan is None:
        raise ValueError("no cable can be cut here: the mesh has no network of its own")
    return scene.lan
