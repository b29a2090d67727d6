"""When a call that takes long is repeated on another backend, and how much work that may be."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.scheduling.choice import Choice
from framemesh.core.scheduling.configuration import Configuration

EXTRA_WORK = 0.05
"""Of the seconds of all other calls: one call in twenty takes longer than the 95th percentile."""

MOST_SAVED_SECONDS = 5.0
"""Of work that may be done at once after a time without repetitions: so many as a backend that
hangs needs, and not more than five seconds of one backend."""


class InvalidHedging(FramemeshError):
    """A budget for repetitions that cannot be kept."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class Running:
    """A batch that a backend has not answered."""

    request: int
    configuration: Configuration
    items: int
    """Inputs in it."""
    sent: float
    """When."""
    deadline: float
    """The earliest of its frames."""
    clones: int = 0
    """How often it was repeated already."""


class LeaveReason(Enum):
    """Why a batch is not repeated."""

    OFF = "nothing is repeated"
    REPEATED = "it was repeated already"
    NOWHERE = "no other backend can run it"
    TOO_LATE = "a repetition would miss the deadline"
    NO_BUDGET = "too much was repeated lately"


@dataclass(frozen=True, slots=True)
class Clone:
    """Repeat the batch, so."""

    choice: Choice


@dataclass(frozen=True, slots=True)
class Leave:
    """Go on waiting for the answer. Another question changes nothing, except without budget."""

    reason: LeaveReason


def overdue_at(sent: float, wait: float, p95: float) -> float:
    """From when on a call takes longer than nineteen of twenty do; `wait`: seconds that it was
    expected to wait before it began."""
    return sent + wait + p95


class HedgeBudget:
    """A token bucket: each second of ordinary work earns a part of a second for repetitions, so
    that these are never more than that part of all that was done so far. Mutable: one number."""

    def __init__(
        self, extra_work: float = EXTRA_WORK, most_saved: float = MOST_SAVED_SECONDS
    ) -> None:
        """Counts in seconds of work; or in calls, where each is given as 1.

        Raises:
            InvalidHedging: a part that is not between 0 and 1.
        """
        if not 0.0 <= extra_work <= 1.0:
            raise InvalidHedging(f"extra work is {extra_work:g}, make it between 0 and 1")
        self._extra_work = extra_work
        self._most_saved = most_saved
        self._saved = 0.0

    def worked(self, seconds: float) -> None:
        """An ordinary call was made."""
        self._saved = min(self._most_saved, self._saved + self._extra_work * seconds)

    def allows(self, seconds: float) -> bool:
        """Whether a repetition that takes so long may be made now."""
        return self._saved >= seconds > 0.0

    def spend(self, seconds: float) -> None:
        """A repetition was made."""
        self._saved = max(0.0, self._saved - seconds)
