"""What an agent reports of its node, as frozen values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, as NVML has it."""

    uuid: str
    name: str
    memory_bytes: int
    memory_used_bytes: int
    used: float
    """0 to 1, over the last second or less."""


@dataclass(frozen=True, slots=True)
class MachineFigures:
    """What a machine has, and how much of it is used."""

    cpus: int
    cpu_used: float
    """0 to 1, of all CPUs, over the time since the last reading."""
    memory_bytes: int
    memory_used_bytes: int
    disk_bytes: int
    """Of the disk with the agent's data."""
    disk_used_bytes: int
    gpus: tuple[Gpu, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """What does not change while an agent runs."""

    name: str
    agent_id: str
    labels: dict[str, str]
    price_per_hour: float | None = None
    watts: float | None = None
