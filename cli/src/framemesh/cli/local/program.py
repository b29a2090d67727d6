"""What is known of a program that the embedded mode runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from framemesh.runtime.processes.supervision import GRACE_SECONDS, HealthProblem, always_healthy
from framemesh.runtime.rpc.health import grpc_serving


@dataclass(frozen=True, slots=True)
class Program:
    """One program: how it is started, and how one knows that it works."""

    name: str
    address: str
    """host:port that it listens on."""
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to ours."""
    healthy: Callable[[str], Awaitable[bool]] = grpc_serving
    """Asked with the address."""
    needs: tuple[str, ...] = ()
    """Names of programs that are stopped only after this one. All start at once and wait for each
    other: that is quicker, and what they must be able to do anyway."""
    grace_seconds: float = GRACE_SECONDS
    """From SIGTERM to SIGKILL."""
    find_problem: Callable[[], Awaitable[HealthProblem | None]] = always_healthy
    """Asked why it cannot do its work, though it is healthy."""


def shutdown_waves(programs: Sequence[Program]) -> list[list[Program]]:
    """The programs in waves, each of which is stopped together, those that are needed last."""
    waves: list[list[Program]] = []
    left = list(programs)
    while left:
        needed = {name for program in left for name in program.needs}
        # A circle would leave nothing that is not needed: then all that is left is one wave.
        wave = [program for program in left if program.name not in needed] or left
        waves.append(wave)
        left = [program for program in left if program not in wave]
    return waves
