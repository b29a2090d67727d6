"""Round after round."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from tests.chaos import isolation
from tests.chaos.faults.fault import Needs
from tests.chaos.lan import own_network
from tests.chaos.load.images import make_images
from tests.chaos.options import Options
from tests.chaos.policies import POLICIES
from tests.chaos.round import Arena, Load, Round, play
from tests.chaos.schedule import Schedule, schedule
from tests.chaos.staging import Machine

ROUND_SECONDS = 1200.0
"""Several times what the longest takes: one that hangs ends, and tells where it was."""

SHOWN = 20
"""Violations of a round that are printed; a broken mesh breaks a promise for every frame."""


class Campaign:
    """The rounds of a run; those that are over are kept, also when it is interrupted."""

    def __init__(self, options: Options, folder: Path, console: Console) -> None:
        self._options = options
        self._folder = folder
        self._console = console
        self.rounds: list[Round] = []

    async def wage(self) -> None:
        """Play a round for each seed."""
        options = self._options
        async with AsyncExitStack() as stack:
            machine = await self._machine(stack)
            if left_out := [f.name for f in options.faults if not f.needs <= machine.has]:
                self._console.print(f"left out: {', '.join(left_out)}")
            arena = Arena(
                POLICIES[options.policy].replicated(options.brokers),
                Load(options.cameras, options.fps),
                make_images(self._folder / "images"),
                machine,
                options.hasty,
            )
            for seed in options.seeds:
                plan = schedule(seed, options.faults).possible(machine.has)
                self.rounds.append(await self._play(plan, arena))

    async def _machine(self, stack: AsyncExitStack) -> Machine:
        if not isolation.isolated():
            return Machine(three_brokers=self._options.brokers > 1)
        small_disk = any(Needs.DISK in fault.needs for fault in self._options.faults)
        return Machine(await stack.enter_async_context(own_network(self._folder)), small_disk)

    async def _play(self, plan: Schedule, arena: Arena) -> Round:
        self._say(f"seed {plan.seed}: {len(plan.strikes)} faults, {plan.workers} workers")
        async with asyncio.timeout(ROUND_SECONDS):
            played = await play(plan, arena, self._folder / f"seed-{plan.seed}", self._tell)
        for violation in played.violations[:SHOWN]:
            self._tell(f"BROKEN {violation}")
        return played

    def _say(self, what: str) -> None:
        self._console.print(what)

    def _tell(self, what: str) -> None:
        self._console.print(f"  {what}")
