"""One fault after the other."""

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random

from tests.chaos.blow import Blow
from tests.chaos.faults.fault import Sign
from tests.chaos.faults.victims import NATS, NoVictim
from tests.chaos.ledger.violation import Promise, Violation
from tests.chaos.recovery import recovered
from tests.chaos.scene import Scene
from tests.chaos.schedule import Strike

Tell = Callable[[str], None]


class NotRecovered(Exception):
    """The mesh does not work any more, whatever one does."""


class Bout:
    """Strikes a scene, one fault after the other."""

    def __init__(self, scene: Scene, tell: Tell, *, hasty: bool) -> None:
        self._scene = scene
        self._tell = tell
        self._hasty = hasty
        self.blows: list[Blow] = []
        self.violations: list[Violation] = []

    async def fight(self, strikes: Sequence[Strike]) -> None:
        """Strike until all is done, or the mesh does not come back."""
        if not await self._works():
            self._broken("the mesh never worked")
            return
        try:
            for strike in strikes:
                await asyncio.sleep(strike.pause_seconds)
                await self._strike(strike)
        except NoVictim as error:
            self._broken(f"{error}, and nobody starts it")
        except NotRecovered as error:
            self._broken(str(error))
        if self._hasty and not await self._works():
            self._broken("the mesh does not work any more")

    async def _strike(self, strike: Strike) -> None:
        blow = await self._inflict(strike)
        self.blows.append(blow)
        self._tell(str(blow))
        if not blow.awaited:
            return
        if (seconds := blow.recovery_seconds) is None:
            await self._rescue(blow)
        elif seconds > (limit := blow.fault.limit_seconds):
            self._broken(f"{blow}, over {limit:.0f} s")

    async def _inflict(self, strike: Strike) -> Blow:
        fault, chance = strike.fault, Random(strike.seed)  # noqa: S311  no secret
        async with fault.inflict(self._scene, chance):
            began = time.time_ns()
            await asyncio.sleep(strike.hold_seconds)
            ended = time.time_ns()
        if self._hasty:
            return Blow(fault, began, ended, None, awaited=False)
        return Blow(fault, began, ended, await recovered(self._scene, fault.sign, ended))

    async def _rescue(self, blow: Blow) -> None:
        """Do what a person would try next.

        Raises:
            NotRecovered: it does not help.
        """
        self._broken(str(blow))
        (await NATS.choose(self._scene, Random(0))).kill()  # noqa: S311  no secret
        if not await self._works():
            raise NotRecovered(f"{blow.fault.name}: a restart of nats-server does not help")
        self._tell("a restart of nats-server helps")

    async def _works(self) -> bool:
        return await recovered(self._scene, Sign.FRAMES, time.time_ns()) is not None

    def _broken(self, what: str) -> None:
        self.violations.append(Violation(Promise.RECOVERY, what))
