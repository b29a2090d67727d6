"""Nodes, services and tasks of a swarm, as far as the driver looks at them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.core.resources import NO_RESOURCES, Resources
from framemesh.core.worker_role import WorkerRole, group_name
from framemesh.master.fleet.port import WorkerGroup
from framemesh.master.fleet.swarm.swarm_api import Document


@dataclass(frozen=True, slots=True)
class GroupKey:
    """Which group of workers a service is."""

    pipeline: str
    revision: int
    role: WorkerRole = WorkerRole.WORKER

    @classmethod
    def of(cls, group: WorkerGroup) -> "GroupKey":
        return cls(group.pipeline, group.revision, group.role)

    def worker_id(self, slot: int | str) -> str:
        """As `street-r7-1`: slots of a service begin at 1, and are given again after an end."""
        return f"{self.name}-{slot}"

    @property
    def name(self) -> str:
        """As `street-r7`, or `street-s9` of a shadow."""
        return group_name(self.pipeline, self.revision, self.role)


@dataclass(frozen=True, slots=True)
class SwarmNode:
    id: str
    name: str
    """Its host name."""
    down: bool
    """The managers do not hear of it. What its tasks were last is not what they are."""
    availability: str
    """What the operator of the swarm made it: "active", "pause" or "drain"."""
    ready: bool
    """The managers hear of it and it may take tasks; none is right after an election."""
    cpus: float
    memory_bytes: int
    gpus: tuple[str, ...] = ()
    """Names of its generic resources of the kind `gpu`; made up where Docker only counts them."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_tasks(self) -> bool:
        return self.ready and self.availability == "active"


@dataclass(frozen=True, slots=True)
class SwarmService:
    """A service of workers."""

    id: str
    version: int
    """Of its specification; an update has to name it."""
    key: GroupKey
    epoch: int
    """Of the leader who changed it last."""
    replicas: int
    avoided: frozenset[str]
    """Names of the nodes on which none of its workers is placed."""
    image: str
    resources: Resources
    node_labels: tuple[tuple[str, str], ...]
    spec: Document
    """All of it, as Docker has it."""


@dataclass(frozen=True, slots=True)
class SwarmTask:
    """One attempt to run one worker, or of any other service of the swarm."""

    id: str
    service_id: str
    slot: int
    node_id: str
    """Empty while it has no place."""
    state: str
    """As Docker calls it: "new", "pending", ... "running", "failed"."""
    wanted: bool
    """It should run, or start when its slot is to be started again."""
    error: str
    """What Docker says of its state; empty if nothing is wrong."""
    created: str
    """RFC 3339 in UTC: a later task has a greater one."""
    key: GroupKey | None
    """None for those that are not workers."""
    resources: Resources = NO_RESOURCES
    """Reserved for it."""
    since: str = ""
    """When it came into its state, as `created`; empty if Docker does not say."""

    @property
    def ended(self) -> bool:
        return self.state in _ENDED

    @property
    def failed(self) -> bool:
        return self.state in _FAILED

    @property
    def placed(self) -> bool:
        return bool(self.node_id) and self.state not in _UNPLACED


_UNPLACED = frozenset({"new", "allocated", "pending"})
_FAILED = frozenset({"failed", "rejected"})
_ENDED = _FAILED | {"complete", "shutdown", "orphaned", "remove"}
