"""The fleet: what the master wants of whatever runs its workers, and what it observes there.

There are three implementations: `process_driver`, which uses the agents of the nodes, `swarm`, for
Docker Swarm, and `memory_driver`, for tests. One suite holds all to every promise made here:
tests/contract/test_fleet_driver.py.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from framemesh.core.resources import NO_RESOURCES, Resources
from framemesh.core.worker_role import WorkerRole, group_name


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """So many equal workers of one revision of a pipeline, or of its shadow."""

    pipeline: str
    revision: int
    """Of a shadow: its number."""
    replicas: int
    role: WorkerRole = WorkerRole.WORKER
    resources: Resources = NO_RESOURCES
    """Reserved for each."""
    node_labels: tuple[tuple[str, str], ...] = ()
    """Only nodes that have all of them, as (name, value)."""
    preferred: tuple[tuple[str, int], ...] = ()
    """How many of them each node should have, as (node, number); empty: they are spread."""
    stays: bool = False
    """Set: its workers stay on nodes that are cordoned, as where nobody knows how many it needs."""

    @property
    def name(self) -> str:
        """The beginning of the ids of its workers."""
        return group_name(self.pipeline, self.revision, self.role)


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
    role: WorkerRole = WorkerRole.WORKER
    progress: str = ""
    """What it does before it is ready, as `pulls the image`; empty if that is not known."""
    resources: Resources = NO_RESOURCES
    """Reserved for it on its node."""
    restarts: int = 0
    """How often it ended by itself and was started again."""

    @property
    def ready(self) -> bool:
        return self.state is WorkerState.READY


@dataclass(frozen=True, slots=True)
class FleetState:
    """All workers that there are, those that stop included."""

    replicas: tuple[Replica, ...] = ()
    problem: str = ""
    """Why no worker at all can run, in one line; empty if nothing is known to prevent it."""
    unplaced: Mapping[str, str] = field(default_factory=dict)
    """By pipeline: which of its workers no node takes, and why, in one line."""
    nodes: frozenset[str] = frozenset()
    """Names of the nodes that are here, those that are cordoned included."""
    building: Mapping[str, str] = field(default_factory=dict)
    """By pipeline whose image is built: how far that is, in one line."""
    shadows: Mapping[str, str] = field(default_factory=dict)
    """By pipeline: why workers of its shadow do not run, in one line. `unplaced` and `building`
    tell nothing of them."""

    def of(self, pipeline: str, role: WorkerRole = WorkerRole.WORKER) -> tuple[Replica, ...]:
        """The workers of a pipeline, without those of its shadow; or those alone."""
        return tuple(
            each for each in self.replicas if each.pipeline == pipeline and each.role is role
        )


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Where the workers of groups would be."""

    workers: Mapping[str, Mapping[str, int]]
    """By pipeline and node: how many."""
    unplaced: Mapping[str, str]
    """As in FleetState."""
    shadow_workers: Mapping[str, Mapping[str, int]]
    shadows: Mapping[str, str]
    """The same two of the workers of shadows."""

    @classmethod
    def of(
        cls,
        groups: Iterable[WorkerGroup],
        placed: Iterable[tuple[str, WorkerRole, str]],
        unplaced: Mapping[str, str],
        shadows: Mapping[str, str],
    ) -> "FleetPlan":
        """`placed` has the pipeline, the role and the node of each worker."""
        found: dict[WorkerRole, dict[str, Counter[str]]] = {role: {} for role in WorkerRole}
        for group in groups:
            found[group.role].setdefault(group.pipeline, Counter())
        for pipeline, role, node in placed:
            found[role].setdefault(pipeline, Counter())[node] += 1
        return cls(found[WorkerRole.WORKER], unplaced, found[WorkerRole.SHADOW], shadows)


class FleetDriver(Protocol):
    """Runs groups of workers. All methods raise a FramemeshError when they cannot be answered; the
    caller tries again."""

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        """Have exactly these groups, at most one of each pipeline, revision and role.

        The whole desired state: workers of no group, and more of a group than its replicas, are
        stopped. It returns when that has begun, not when it is done. Applying the same again
        changes nothing. A group that cannot be run, or placed now, holds up no other: it is run as
        soon as that is possible, at the next call at the latest.

        When a group shrinks, workers that are not ready are stopped first. Workers that run are not
        started again because the resources of their group changed.

        No worker is placed on a node that is `cordoned`. Those that it has get successors on other
        nodes, and each is stopped when one of those is ready: one above the replicas of its group
        for each, meanwhile. Where there is no room for a successor it goes on.

        Shadows have only what others leave: while one worker of another role has no place, no
        worker of a shadow runs.

        Workers of a group with `preferred` go to nodes that have fewer than it says, and to others
        where those have no room. When it shrinks, of the ready ones those on nodes with too many
        are stopped first. A ready one on such a node gets a successor where there are too few, if
        there is room; one starts after the other, and none that is ready is stopped before the
        last one is. A driver that does not choose the node of each worker keeps to the nodes that
        are named, whatever the numbers.

        `epoch` is that of the leader who calls. What a later one applied is left as it is.
        """
        ...

    async def observe(self) -> FleetState:
        """What there is. It may be some seconds old, and contains nothing that was only applied."""
        ...

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        """Where the workers would be after `apply` with these; nothing is changed."""
        ...

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        """How many workers of the group each node could have, up to its replicas, those that it has
        included; only nodes that take one."""
        ...
