"""The schedule of faults of a round, determined by its seed."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from random import Random

from tests.chaos.faults.fault import Fault, Needs

RETRY_SECONDS = (0.5, 3.0)
"""Shortest and longest pause from the recovery to the next fault, in seconds."""


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """One injection of a fault."""

    fault: Fault
    pause_seconds: float
    """Pause before the fault, in seconds."""
    hold_seconds: float
    """Duration of the fault, in seconds."""
    seed: int
    """Seed of the fault's own random choices, such as which of two workers it hits."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a round: each fault once, in random order."""

    seed: int
    workers: int
    """Number of workers: one, or two that take over from one another."""
    scheduled_faults: tuple[ScheduledFault, ...]

    def possible(self, machine: Set[Needs]) -> "Schedule":
        """The same schedule without faults that need facilities the machine lacks."""
        kept = (
            scheduled for scheduled in self.scheduled_faults if scheduled.fault.needs <= machine
        )
        return replace(self, scheduled_faults=tuple(kept))


def schedule(
    seed: int, faults: Sequence[Fault], pause_seconds: tuple[float, float] = RETRY_SECONDS
) -> Schedule:
    """Deterministic: the same seed and faults give the same schedule on every machine."""
    random = Random(seed)  # noqa: S311  no secret
    workers = random.choice((1, 2))
    return Schedule(seed, workers, tuple(_scheduled_faults(random, faults, pause_seconds)))


def _scheduled_faults(
    random: Random, faults: Sequence[Fault], pause_seconds: tuple[float, float]
) -> Iterator[ScheduledFault]:
    for fault in random.sample(faults, len(faults)):
        yield ScheduledFault(
            fault,
            pause_seconds=random.uniform(*pause_seconds),
            hold_seconds=random.uniform(*fault.hold_seconds),
            seed=random.getrandbits(32),
        )
