"""What agents report of their nodes and workers, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.core.resources import NO_RESOURCES, Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import WorkerState


@dataclass(frozen=True, slots=True)
class WorkerAssignment:
    """A worker that a node should run."""

    id: str
    pipeline: str
    revision: int
    """Of a shadow: its number."""
    resources: Resources = NO_RESOURCES
    """What is reserved for it."""
    gpus: tuple[str, ...] = ()
    """UUIDs of the GPUs that it may use."""
    role: WorkerRole = WorkerRole.WORKER


@dataclass(frozen=True, slots=True)
class Assignments:
    """All workers that a node should run, by the leader of an epoch."""

    workers: tuple[WorkerAssignment, ...]
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """A worker as its agent sees it."""

    assignment: WorkerAssignment
    """As the agent has it."""
    state: WorkerState
    pid: int
    address: str
    """host:port of its gRPC server."""
    restarts: int
    trouble: str
    """Why it ended last, in one line; empty if it never did."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, as NVML has it."""

    uuid: str
    name: str
    memory_bytes: int
    memory_used_bytes: int
    used: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class NodeReport:
    """A node as its agent sees it."""

    name: str
    cpus: int
    memory_bytes: int
    cpu_used: float
    """0 to 1, of all CPUs."""
    memory_used_bytes: int
    workers: tuple[WorkerReport, ...]
    disk_bytes: int = 0
    disk_used_bytes: int = 0
    gpus: tuple[Gpu, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    price_per_hour: float | None = None
    watts: float | None = None
    agent_id: str = ""
    """Two agents of one name have two of these."""

    @property
    def capacity(self) -> Resources:
        """What workers can reserve."""
        return Resources(self.cpus, self.memory_bytes, len(self.gpus))
