"""What the outcomes of one revision add up to: how many frames, how many dead, how old."""

from framemesh.core.outcome import Fate
from framemesh.master.ages import AgeHistogram
from framemesh.runtime.messages.outcome_message import OutcomeSummary

FAULTS_OF_PICTURES = frozenset(
    {"undecodable", "corrupt", "damaged", "too_slow_to_decode", "too_many_tiles"}
)
"""Reasons of death for which no model is at fault."""


class Figures:
    """Sums over the outcomes of frames that were captured after some time."""

    def __init__(self, revision: int, captured_after_unix_nano: int) -> None:
        self._revision = revision
        self._captured_after = captured_after_unix_nano
        self._ages = AgeHistogram()
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
            self._ages.add(outcome.age_seconds)

    @property
    def age_p99_seconds(self) -> float | None:
        """99 of 100 frames that were done were not older; None if there are none."""
        return self._ages.percentile(0.99)
