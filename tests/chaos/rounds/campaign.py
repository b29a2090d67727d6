"""Runs the rounds of a campaign, one after another."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from tests.chaos.faults.fault import Needs
from tests.chaos.load.images import make_images
from tests.chaos.machine import isolation
from tests.chaos.machine.lan import own_network
from tests.chaos.mesh.mesh_setup import Machine
from tests.chaos.options import Options
from tests.chaos.policies import POLICIES
from tests.chaos.rounds.round import Load, Round, RunConfig, run_round
from tests.chaos.rounds.schedule import Schedule, schedule

ROUND_SECONDS = 2400.0
"""Several times the longest duration: a round that hangs is ended, and reports where."""

SHOWN = 20
"""Violations of a round that are printed; a broken mesh has one for every frame."""


class Campaign:
    """The rounds of a run; completed ones are kept, also if the run is interrupted."""

    def __init__(self, options: Options, folder: Path, console: Console) -> None:
        self._options = options
        self._folder = folder
        self._console = console
        self.rounds: list[Round] = []

    async def run(self) -> None:
        """Run one round for each seed."""
        options = self._options
        async with AsyncExitStack() as stack:
            machine = await self._machine(stack)
            if left_out := [f.name for f in options.faults if not f.needs <= machine.has]:
                self._console.print(f"left out: {', '.join(left_out)}")
            config = RunConfig(
                POLICIES[options.policy].replicated(options.brokers),
                Load(options.cameras, options.fps),
                await asyncio.to_thread(make_images, self._folder / "images"),
                machine,
                options.scaling,
                options.overlapping,
            )
            for seed in options.seeds:
                plan = schedule(seed, options.faults).possible(machine.has)
                self.rounds.append(await self._run_round(plan, config))

    async def _machine(self, stack: AsyncExitStack) -> Machine:
        two_masters = self._options.masters > 1
        if not isolation.isolated():
            return Machine(three_brokers=self._options.brokers > 1, two_masters=two_masters)
        small_disk = any(Needs.DISK in fault.needs for fault in self._options.faults)
        lan = await stack.enter_async_context(own_network(self._folder))
        return Machine(lan, small_disk, two_masters=two_masters)

    async def _run_round(self, plan: Schedule, config: RunConfig) -> Round:
        workers = config.policy_of(plan).spec.workers
        many = f"{workers.min} to {workers.most}" if workers.scales else f"{workers.min}"
        self._say(f"seed {plan.seed}: {len(plan.scheduled_faults)} faults, {many} workers")
        async with asyncio.timeout(ROUND_SECONDS):
            played = await run_round(
                plan, config, self._folder / f"seed-{plan.seed}", self._print_line
            )
        for violation in played.violations[:SHOWN]:
            self._print_line(f"BROKEN {violation}")
        return played

    def _say(self, what: str) -> None:
        self._console.print(what)

    def _print_line(self, what: str) -> None:
        self._console.print(f"  {what}")
