"""Until when a batch may wait for more inputs: after Symphony (arXiv 2308.07470)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

SHORTEST_HOLD_SECONDS = 1e-6
"""Nobody is asked to come back sooner: no clock is as exact, and in virtual time nothing would go
on."""


class BatchReason(Enum):
    """Why a batch goes now."""

    FULL = "it is full"
    NO_TIME = "one more input would make it late"
    NONE_EXPECTED = "no input is expected that would be in time"
    LATE = "one of its inputs is late already"
    AT_ONCE = "batches do not wait"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Now, with the first `count` inputs by deadline."""

    count: int
    reason: BatchReason


class HoldReason(Enum):
    """Why a batch does not go now."""

    MORE_EXPECTED = "more inputs are expected, and there is time for them"
    NO_ROOM = "what this caller sent before is in front of it"
    NOT_OVERDUE = "it does not take longer than usual yet"


@dataclass(frozen=True, slots=True)
class HoldUntil:
    """Not before `time`, unless an input or an answer comes: ask again then."""

    time: float
    reason: HoldReason = HoldReason.MORE_EXPECTED


def moment(
    deadlines: Sequence[float],
    largest: int,
    seconds: Callable[[int], float],
    now: float,
    *,
    gap: float,
    wait: float = 0.0,
) -> Dispatch | HoldUntil:
    """When to dispatch the inputs that wait.

    latest(b) = earliest deadline - wait - seconds(b). With n inputs it is held until latest(n + 1),
    which is no later than latest(n): so nothing is late because it waited. It is held only if one
    more input is expected by then.

    Args:
        deadlines: of the inputs that wait, ascending; at least one.
        largest: batch.
        seconds: that a batch of so many inputs takes.
        gap: seconds until the next input is expected; infinite: none is.
        wait: seconds that a batch waits at the backend before it begins.
    """
    found = min(len(deadlines), largest)
    due = _earliest_in_time(deadlines, now + wait + seconds(1))
    if due is None:
        return Dispatch(found, BatchReason.LATE)
    count = _most_in_time(found, seconds, due - wait - now)
    # What was measured of single sizes may say that a larger batch is faster; it is not.
    latest = due - wait - max(seconds(found), seconds(found + 1)) if found < largest else now
    if due > deadlines[0]:
        reason = BatchReason.LATE
    elif count == largest:
        reason = BatchReason.FULL
    elif now >= latest - SHORTEST_HOLD_SECONDS:
        reason = BatchReason.NO_TIME
    elif now + gap > latest:
        reason = BatchReason.NONE_EXPECTED
    else:
        return HoldUntil(latest)
    return Dispatch(count, reason)


def _earliest_in_time(deadlines: Sequence[float], end: float) -> float | None:
    """The first deadline that is not missed whatever is done."""
    return next((deadline for deadline in deadlines if deadline >= end), None)


def _most_in_time(found: int, seconds: Callable[[int], float], available: float) -> int:
    for count in range(found, 1, -1):
        if seconds(count) <= available:
            return count
    return 1
