"""What is assigned to an agent, and what it reports, as frozen values."""

from dataclasses import dataclass

from framemesh.core.resources import NO_RESOURCES, Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.runtime.processes.supervision import ProcessStatus


@dataclass(frozen=True, slots=True)
class WorkerAssignment:
    """One worker that should run."""

    id: str
    pipeline: str
    revision: int
    """Of the pipeline; a worker of the same id and another revision is replaced."""
    resources: Resources = NO_RESOURCES
    """What is reserved for it."""
    gpus: tuple[str, ...] = ()
    """UUIDs of the GPUs that it may use. It sees no others."""
    role: WorkerRole = WorkerRole.WORKER


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One worker that the agent has."""

    assignment: WorkerAssignment
    address: str
    """host:port of its gRPC server; empty until it was started."""
    status: ProcessStatus
