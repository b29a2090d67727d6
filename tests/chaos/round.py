"""One round: a mesh of its own, cameras, a schedule of faults, and the verdict."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.blow import Blow
from tests.chaos.bout import Bout, Tell
from tests.chaos.gathering import drained, gather
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.violation import Violation
from tests.chaos.load.images import Images
from tests.chaos.policies import Policy
from tests.chaos.schedule import Schedule
from tests.chaos.staging import Machine, staged

CAMERAS = 3
FPS = 8.0
"""Of each camera. Enough to see every gap; recovery is measured here, not throughput."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many cameras push all the time, and how fast."""

    cameras: int = CAMERAS
    fps: float = FPS


@dataclass(frozen=True, slots=True)
class Arena:
    """What all rounds of a run have in common."""

    policy: Policy
    load: Load
    images: Images
    machine: Machine
    hasty: bool = False
    """Whether a fault strikes while the mesh is still recovering from the last."""


@dataclass(frozen=True, slots=True)
class Round:
    """What happened in a round, and what of it must not happen."""

    schedule: Schedule
    blows: Sequence[Blow]
    load_ended: int
    """When the cameras were told to stop, in nanoseconds since the Unix epoch."""
    evidence: Evidence
    violations: Sequence[Violation]


async def play(schedule: Schedule, arena: Arena, folder: Path, tell: Tell) -> Round:
    """Play a round; its files are in `folder`."""
    policy, load, images = arena.policy.with_workers(schedule.workers), arena.load, arena.images
    async with staged(policy, images, folder, arena.machine, load.cameras) as scene:
        bout = Bout(scene, tell, hasty=arena.hasty)
        async with scene.cameras.keeping(scene.names, images.good, load.fps):
            await bout.fight(schedule.strikes)
            load_ended = time.time_ns()
        tell("cameras are done, the buffer drains")
        with contextlib.suppress(TimeoutError):
            await drained(scene)
        evidence = await gather(scene)
    found = [violation for check in policy.checks for violation in check(evidence)]
    return Round(schedule, bout.blows, load_ended, evidence, [*found, *bout.violations])
