"""How a source does."""

from dataclasses import dataclass
from enum import StrEnum

from framemesh.sources.messages import Alive, Opened


class Phase(StrEnum):
    """What a source is doing."""

    OPENING = "opening"
    RUNNING = "running"
    WAITING = "waiting"
    """It failed, and is opened again after a pause."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceState:
    """At one moment."""

    phase: Phase
    reason: str = ""
    """Why it failed last; empty: it never did."""
    restarts: int = 0
    opened: Opened | None = None
    """Of the last time that it was open."""
    alive: Alive | None = None
    """The counts of all its processes together."""
    retry_seconds: float = 0.0
    """The pause, where it waits."""
    pid: int | None = None
    """Of its process, where it has one."""


NOTHING = Alive(received=0, skipped=0, filtered=0, damaged=0, quiet_seconds=0.0)


def added(before: Alive, now: Alive) -> Alive:
    """The counts of earlier processes and of the one that runs."""
    return Alive(
        received=before.received + now.received,
        skipped=before.skipped + now.skipped,
        filtered=before.filtered + now.filtered,
        damaged=before.damaged + now.damaged,
        quiet_seconds=now.quiet_seconds,
    )
