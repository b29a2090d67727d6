"""The fleet: what the master wants of whatever runs its workers, and what it observes there.

There are two implementations: `process_driver`, which uses the agents of the nodes, and
`memory_driver`, for tests. One suite holds both to every promise made here:
tests/contract/test_fleet_driver.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Role(Enum):
    """What the workers of a group do for their pipeline."""

    WORKER = "worker"
    """They draw its frames and store their outcomes."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What one replica needs; 0 where nothing is asked for."""

    cpus: float = 0.0
    memory_bytes: int = 0
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """So many equal workers of one revision of a pipeline."""

    pipeline: str
    revision: int
    replicas: int
    role: Role = Role.WORKER
    resources: Resources = Resources()


class WorkerState(Enum):
    STARTING = "starting"
    """It is not ready yet, or not any more."""
    READY = "ready"
    FAILED = "failed"
    """It ended, or cannot start; the driver starts it again."""
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Replica:
    """One worker of a group, as it was observed last."""

    id: str
    """Unique in the fleet. It carries the revision, so that workers of two never share one."""
    pipeline: str
    revision: int
    node: str
    state: WorkerState
    problem: str = ""
    """Its last trouble, in one line; empty if it had none."""
    role: Role = Role.WORKER

    @property
    def ready(self) -> bool:
        return self.state is WorkerState.READY


@dataclass(frozen=True, slots=True)
class FleetState:
    """All workers that there are, those that stop included."""

    replicas: tuple[Replica, ...] = ()
    problem: str = ""
    """Why no worker at all can run, in one line; empty if nothing is known to prevent it."""

    def of(self, pipeline: str) -> tuple[Replica, ...]:
        return tuple(replica for replica in self.replicas if replica.pipeline == pipeline)


class FleetDriver(Protocol):
    """Runs groups of workers. Both methods raise a FramemeshError when they cannot be answered; the
    caller tries again."""

    async def apply(self, groups: Sequence[WorkerGroup]) -> None:
        """Have exactly these groups, at most one of each pipeline, revision and role.

        The whole desired state: workers of no group, and more of a group than its replicas, are
        stopped. It returns when that has begun, not when it is done. Applying the same again
        changes nothing. A group that cannot be run, or placed now, holds up no other: it is run as
        soon as that is possible, at the next call at the latest.

        When a group shrinks, workers that are not ready are stopped first. Workers that run are not
        started again because the resources of their group changed.
        """
        ...

    async def observe(self) -> FleetState:
        """What there is. It may be some seconds old, and contains nothing that was only applied."""
        ...
