"""One round: a mesh of its own, cameras, a schedule of faults, and the violations found."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.faults.fault_injector import FaultInjector, Print
from tests.chaos.faults.injected_fault import InjectedFault
from tests.chaos.ledger.decisions import StoredDecision
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.violation import Violation
from tests.chaos.load.images import Images
from tests.chaos.mesh.mesh_setup import Machine, mesh_under_test
from tests.chaos.policies import Policy
from tests.chaos.rounds.evidence_collection import drained, gather
from tests.chaos.rounds.scaling import (
    changing_load,
    comes_to_rest,
    follows_the_load,
    none_is_overwritten,
)
from tests.chaos.rounds.schedule import Schedule

CAMERAS = 3
FPS = 8.0
"""Frames per second of each camera: enough to see every gap; throughput is not measured here."""

CHANGING_NANO = 5_000_000_000
"""After a decision, for which workers are on their way: one needs 3 s to start here."""


@dataclass(frozen=True, slots=True)
class Load:
    """Number and frame rate of the cameras that push all the time."""

    cameras: int = CAMERAS
    fps: float = FPS


@dataclass(frozen=True, slots=True)
class RunConfig:
    """The configuration that all rounds of a run share."""

    policy: Policy
    load: Load
    images: Images
    machine: Machine
    scaling: bool = False
    """Whether there are as many workers as the load needs, and the load changes."""
    overlapping: bool = False
    """Whether faults overlap: the next is injected while the mesh recovers from the last."""

    def policy_of(self, schedule: Schedule) -> Policy:
        """The pipeline of a round."""
        if self.scaling:
            # Also from none, where the first frame wakes it.
            return self.policy.scaled(schedule.workers - 1)
        return self.policy.with_workers(schedule.workers)


@dataclass(frozen=True, slots=True)
class Round:
    """The faults, evidence and violations of a round."""

    schedule: Schedule
    injected_faults: Sequence[InjectedFault]
    load_ended: int
    """When the cameras were stopped, in nanoseconds since the Unix epoch."""
    evidence: Evidence
    violations: Sequence[Violation]
    decisions: Sequence[StoredDecision] = ()
    """Of the autoscaler."""

    @property
    def under_scaling(self) -> Sequence[InjectedFault]:
        """The faults that struck while the number of workers changed."""
        return [each for each in self.injected_faults if self._scales_at(each)]

    def _scales_at(self, injected: InjectedFault) -> bool:
        until = injected.recovered or injected.ended
        return any(
            injected.began - CHANGING_NANO <= each.at_unix_nano <= until for each in self.decisions
        )


async def run_round(
    schedule: Schedule, config: RunConfig, folder: Path, print_line: Print
) -> Round:
    """Run a round; its files are in `folder`."""
    policy, load, images = config.policy_of(schedule), config.load, config.images
    found: list[Violation] = []
    async with mesh_under_test(policy, images, folder, config.machine, load.cameras) as system:
        injector = FaultInjector(
            system, print_line, overlapping=config.overlapping, scaling=config.scaling
        )
        async with AsyncExitStack() as pushing:
            await pushing.enter_async_context(
                system.cameras.keeping(system.names, images.good, load.fps)
            )
            if config.scaling:
                random = Random(schedule.seed)  # noqa: S311  no secret
                await pushing.enter_async_context(changing_load(system, random))
            await injector.run(schedule.scheduled_faults)
            if config.scaling:
                found += await follows_the_load(system)
            load_ended = time.time_ns()
        print_line("cameras are done, the buffer drains")
        with contextlib.suppress(TimeoutError):
            await drained(system)
        if config.scaling:
            found += [*await comes_to_rest(system), *none_is_overwritten(system)]
        evidence = await gather(system)
    found += await asyncio.to_thread(_broken_promises, policy, evidence)
    return Round(
        schedule,
        injector.injected_faults,
        load_ended,
        evidence,
        [*found, *injector.violations],
        system.decision_log.decisions,
    )


def _broken_promises(policy: Policy, evidence: Evidence) -> list[Violation]:
    return [violation for check in policy.checks for violation in check(evidence)]
