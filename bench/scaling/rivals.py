"""Ways to choose the number of workers that others use, re-implemented, with tuned constants.

They decide once a second, and change `workers.min` and `max` of the pipeline, which starts and
stops workers and nothing else. All know what one worker does, which ours has to learn.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

MOST = 8
"""Workers that there may be."""

SETTLE_SECONDS = 4.0
"""After growing, no rival decides before those workers can be ready: it would grow twice."""

SHRINK_SECONDS = 8.0
"""As `workers.shrink_after` of ours."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rival is told."""

    at: float
    """Seconds since the load began."""
    pending: int
    processed: float
    """Frames a second that all workers together completed in the last two seconds."""
    ready: int
    wanted: int
    worker_rate: float
    """Frames a second that one worker does with enough to do."""


class Rival(Protocol):
    def workers(self, seen: Seen) -> int:
        """How many there should be from now on."""
        ...


class Fixed:
    """Always as many as the peak needs."""

    def __init__(self, count: int) -> None:
        self._count = count

    def workers(self, seen: Seen) -> int:
        return self._count


class _Settling:
    """Grows at once, after the last change has settled, and shrinks by what was enough for long."""

    def __init__(self) -> None:
        self._changed_at = -math.inf
        self._enough: list[tuple[float, int]] = []

    def settle(self, seen: Seen, desired: int) -> int:
        desired = max(1, min(MOST, desired))
        self._enough = [each for each in self._enough if each[0] > seen.at - SHRINK_SECONDS] + [
            (seen.at, desired)
        ]
        if seen.at - self._changed_at < SETTLE_SECONDS:
            return seen.wanted
        lowest = max(count for _, count in self._enough)
        chosen = desired if desired > seen.wanted else min(seen.wanted, lowest)
        if chosen != seen.wanted:
            self._changed_at = seen.at
        return chosen


class Utilization:
    """Thresholds of use, 70% and 30%, as autoscalers of containers have: beyond them as many as
    bring it to 50%. What is used is the accelerator, which is what would count."""

    def __init__(self) -> None:
        self._settling = _Settling()

    def workers(self, seen: Seen) -> int:
        if not seen.ready:
            return seen.wanted
        used = min(1.0, seen.processed / (seen.ready * seen.worker_rate))
        desired = seen.wanted
        if not 0.3 <= used <= 0.7:
            desired = math.ceil(seen.ready * used / 0.5)
        return self._settling.settle(seen, desired)


class PendingOverRate:
    """Pending frames over the rate at which they go, over the seconds in which they should be gone,
    times the workers: our re-implementation of the rule of Numaflow's sources."""

    TARGET_SECONDS = 1.0

    def __init__(self) -> None:
        self._settling = _Settling()

    def workers(self, seen: Seen) -> int:
        if not seen.pending or not seen.processed:
            return self._settling.settle(seen, seen.wanted if seen.pending else 1)
        seconds = seen.pending / seen.processed
        desired = round(seconds / self.TARGET_SECONDS * seen.ready)
        return self._settling.settle(seen, max(1, desired))


def rivals(peak_workers: int) -> Mapping[str, Rival]:
    """New ones, by name."""
    return {
        "fixed": Fixed(peak_workers),
        "utilization": Utilization(),
        "pending-over-rate": PendingOverRate(),
    }
