"""What all services of workers have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WorkerTemplate:
    """How workers run in the swarm, whatever their pipeline. Their image says what is run, and how
    its health is checked."""

    network: str
    """The overlay network of the mesh."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The same for all workers: where the broker and the masters are."""
    secrets: tuple[str, ...] = ()
    """Names in the swarm; a worker finds each in /run/secrets."""
    configs: tuple[str, ...] = ()
    """Names in the swarm; a worker finds each in the root of its files."""
