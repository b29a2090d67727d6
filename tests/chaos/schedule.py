"""What is done to a mesh, and when: all of it follows from a seed."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from random import Random

from tests.chaos.faults.fault import Fault, Needs

RETRY_SECONDS = (0.5, 3.0)
"""The shortest and the longest from the recovery of one fault to the next."""


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """One fault, once."""

    fault: Fault
    pause_seconds: float
    """Before it."""
    hold_seconds: float
    """For how long it lasts."""
    seed: int
    """Of what the fault itself leaves to chance, such as which of two workers it hits."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A round: each fault once, in an order of its own."""

    seed: int
    workers: int
    """One, or two that take over from one another."""
    scheduled_faults: tuple[ScheduledFault, ...]

    def possible(self, machine: Set[Needs]) -> "Schedule":
        """The same without what needs something that the machine has not."""
        kept = (
            scheduled for scheduled in self.scheduled_faults if scheduled.fault.needs <= machine
        )
        return replace(self, scheduled_faults=tuple(kept))


def schedule(
    seed: int, faults: Sequence[Fault], pause_seconds: tuple[float, float] = RETRY_SECONDS
) -> Schedule:
    """The same for the same seed and faults, on every machine."""
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
