"""What the outcomes of one revision add up to: how many frames, how many dead, how old."""

from bisect import bisect_left

from framemesh.core.outcome import Fate
from framemesh.runtime.messages.outcome_message import OutcomeSummary

STEP = 1.1
"""From one bound of ages to the next: a percentile is told within a tenth."""

BOUNDS = tuple(0.001 * STEP**number for number in range(193))
"""In seconds: from a millisecond to a day."""

FAULTS_OF_PICTURES = frozenset(
    {"undecodable", "corrupt", "damaged", "too_slow_to_decode", "too_many_tiles"}
)
"""Reasons of death for which no model is at fault."""


class Figures:
    """Sums over the outcomes of frames that were captured after some time."""

    def __init__(self, revision: int, captured_after_unix_nano: int) -> None:
        self._revision = revision
        self._captured_after = captured_after_unix_nano
        self._ages = [0] * (len(BOUNDS) + 1)
        self.frames = 0
        """That are done, or dead by a fault of the revision."""
        self.dead = 0

    def add(self, outcome: OutcomeSummary) -> None:
        """Count an outcome, if it is of this revision. Older frames say how long others took."""
        if outcome.revision != self._revision:
            return
        if outcome.captured_unix_nano < self._captured_after:
            return
        if outcome.fate is Fate.DEAD and outcome.reason not in FAULTS_OF_PICTURES:
            self.frames += 1
            self.dead += 1
        elif outcome.fate is Fate.DONE:
            self.frames += 1
            self._ages[bisect_left(BOUNDS, outcome.age_seconds)] += 1

    @property
    def age_p99_seconds(self) -> float | None:
        """99 of 100 frames that were done were not older; None if there are none."""
        done = sum(self._ages)
        seen = 0
        for number, count in enumerate(self._ages):
            seen += count
            if done and seen >= 0.99 * done:
                return BOUNDS[min(number, len(BOUNDS) - 1)]
        return None
