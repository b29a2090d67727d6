"""Injects the scheduled faults into a mesh."""

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random

from tests.chaos.faults.fault import RecoverySignal
from tests.chaos.faults.injected_fault import InjectedFault
from tests.chaos.faults.targets import NATS, NoTarget
from tests.chaos.ledger.violation import Promise, Violation
from tests.chaos.mesh.system_under_test import SystemUnderTest
from tests.chaos.rounds.recovery import recovered
from tests.chaos.rounds.schedule import ScheduledFault

Print = Callable[[str], None]


DECISION_SECONDS = 20.0
"""For the next decision of the autoscaler, so that a fault strikes while workers come or go."""

SCALING_SECONDS = 10.0
"""More for a recovery where workers are as few as the load needs: others start first, in up to 5 s,
and what waited meanwhile is worked off."""


class NotRecovered(Exception):
    """The mesh did not recover, even after the last resort."""


class FaultInjector:
    """Injects faults into a system, one after the other."""

    def __init__(
        self,
        system: SystemUnderTest,
        print_line: Print,
        *,
        overlapping: bool,
        scaling: bool = False,
    ) -> None:
        self._system = system
        self._print_line = print_line
        self._overlapping = overlapping
        self._scaling = scaling
        self.injected_faults: list[InjectedFault] = []
        self.violations: list[Violation] = []

    async def run(self, scheduled_faults: Sequence[ScheduledFault]) -> None:
        """Inject all faults; ends early if the mesh does not recover."""
        if not await self._works():
            self._broken("the mesh never worked")
            return
        try:
            for scheduled in scheduled_faults:
                if self._scaling:
                    await self._system.decision_log.next_one(DECISION_SECONDS)
                await asyncio.sleep(scheduled.pause_seconds)
                await self._scheduled(scheduled)
        except NoTarget as error:
            self._broken(f"{error}, and nobody starts it")
        except NotRecovered as error:
            self._broken(str(error))
        if self._overlapping and not await self._works():
            self._broken("the mesh does not work any more")

    async def _scheduled(self, scheduled: ScheduledFault) -> None:
        injected = await self._inflict(scheduled)
        self.injected_faults.append(injected)
        self._print_line(str(injected))
        if not injected.awaited:
            return
        if (seconds := injected.recovery_seconds) is None:
            await self._rescue(injected)
        elif seconds > (limit := injected.fault.limit_seconds + self._more_seconds):
            self._broken(f"{injected}, over {limit:.0f} s")

    async def _inflict(self, scheduled: ScheduledFault) -> InjectedFault:
        fault, chance = scheduled.fault, Random(scheduled.seed)  # noqa: S311  no secret
        async with fault.inflict(self._system, chance):
            began = time.time_ns()
            await asyncio.sleep(scheduled.hold_seconds)
            ended = time.time_ns()
        if self._overlapping:
            return InjectedFault(fault, began, ended, None, awaited=False)
        return InjectedFault(
            fault, began, ended, await recovered(self._system, fault.recovery_signal, ended)
        )

    async def _rescue(self, injected: InjectedFault) -> None:
        """Do what an operator would try next.

        Raises:
            NotRecovered: the mesh still does not work.
        """
        self._broken(str(injected))
        (await NATS.choose(self._system, Random(0))).kill()  # noqa: S311  no secret
        if not await self._works():
            raise NotRecovered(f"{injected.fault.name}: a restart of nats-server does not help")
        self._print_line("a restart of nats-server helps")

    @property
    def _more_seconds(self) -> float:
        return SCALING_SECONDS if self._scaling else 0.0

    async def _works(self) -> bool:
        return await recovered(self._system, RecoverySignal.FRAMES, time.time_ns()) is not None

    def _broken(self, what: str) -> None:
        self.violations.append(Violation(Promise.RECOVERY, what))
