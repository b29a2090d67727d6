"""One round: a mesh of its own, cameras, a schedule of faults, and the violations found."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.faults.fault_injector import FaultInjector, Print
from tests.chaos.faults.injected_fault import InjectedFault
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.violation import Violation
from tests.chaos.load.images import Images
from tests.chaos.mesh.mesh_setup import Machine, mesh_under_test
from tests.chaos.policies import Policy
from tests.chaos.rounds.evidence_collection import drained, gather
from tests.chaos.rounds.schedule import Schedule

CAMERAS = 3
FPS = 8.0
"""Frames per second of each camera: enough to see every gap; throughput is not measured here."""


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
    overlapping: bool = False
    """Whether faults overlap: the next is injected while the mesh recovers from the last."""


@dataclass(frozen=True, slots=True)
class Round:
    """The faults, evidence and violations of a round."""

    schedule: Schedule
    injected_faults: Sequence[InjectedFault]
    load_ended: int
    """When the cameras were stopped, in nanoseconds since the Unix epoch."""
    evidence: Evidence
    violations: Sequence[Violation]


async def run_round(
    schedule: Schedule, config: RunConfig, folder: Path, print_line: Print
) -> Round:
    """Run a round; its files are in `folder`."""
    policy, load, images = config.policy.with_workers(schedule.workers), config.load, config.images
    async with mesh_under_test(policy, images, folder, config.machine, load.cameras) as system:
        injector = FaultInjector(system, print_line, overlapping=config.overlapping)
        async with system.cameras.keeping(system.names, images.good, load.fps):
            await injector.run(schedule.scheduled_faults)
            load_ended = time.time_ns()
        print_line("cameras are done, the buffer drains")
        with contextlib.suppress(TimeoutError):
            await drained(system)
        evidence = await gather(system)
    found = [violation for check in policy.checks for violation in check(evidence)]
    return Round(
        schedule, injector.injected_faults, load_ended, evidence, [*found, *injector.violations]
    )
