"""How a program of the embedded mode is started, checked and stopped."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.liveness import DEFAULT_BOUNDS, LivenessBounds
from framemesh.runtime.processes.supervision import GRACE_SECONDS, HealthProblem, always_healthy
from framemesh.runtime.rpc.health import grpc_health


@dataclass(frozen=True, slots=True)
class Program:
    """One program of the mesh."""

    name: str
    address: str
    """host:port that it listens on."""
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to ours."""
    check: Callable[[str, float], Awaitable[Health]] = grpc_health
    """Asks for its health, given the address and the seconds for an answer."""
    needs: tuple[str, ...] = ()
    """Names of programs that are stopped only after this one. All are started at once and wait for
    each other, which they must be able to do anyway."""
    grace_seconds: float = GRACE_SECONDS
    """From SIGTERM to SIGKILL."""
    find_problem: Callable[[], Awaitable[HealthProblem | None]] = always_healthy
    """Finds out why it cannot do its work, though it serves."""
    further_addresses: tuple[str, ...] = ()
    """Where else it listens."""
    liveness: LivenessBounds = DEFAULT_BOUNDS
    """How long it may leave health checks unanswered before it is killed."""


def shutdown_waves(programs: Sequence[Program]) -> list[list[Program]]:
    """The programs in waves: those of a wave are stopped together, and needed ones after those that
    need them."""
    waves: list[list[Program]] = []
    left = list(programs)
    while left:
        needed = {name for program in left for name in program.needs}
        # In a cycle every program is needed: then all that are left are one wave.
        wave = [program for program in left if program.name not in needed] or left
        waves.append(wave)
        left = [program for program in left if program not in wave]
    return waves
