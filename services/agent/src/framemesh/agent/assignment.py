"""What is assigned to an agent, and what it reports, as frozen values."""

from dataclasses import dataclass

from framemesh.runtime.processes.supervision import ProcessStatus


@dataclass(frozen=True, slots=True)
class WorkerAssignment:
    """One worker that should run."""

    id: str
    pipeline: str
    revision: int
    """Of the pipeline; a worker of the same id and another revision is replaced."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One worker that the agent has."""

    id: str
    pipeline: str
    revision: int
    """Of the pipeline, as assigned."""
    address: str
    """host:port of its gRPC server; empty until it was started."""
    status: ProcessStatus


@dataclass(frozen=True, slots=True)
class MachineReport:
    """What a machine has, and how much of it is used."""

    cpus: int
    cpu_used: float
    """0 to 1, of all CPUs, over the time since the last report."""
    memory_bytes: int
    memory_used_bytes: int
