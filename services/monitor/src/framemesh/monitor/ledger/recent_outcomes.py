"""The last outcomes of a pipeline that are no plain success, found without reading them all."""

from collections import deque
from collections.abc import Iterator

from framemesh.core.outcome import Fate
from framemesh.runtime.messages.outcome_message import OutcomeSummary

MAX_OUTCOMES = 4096
"""Some 2 MB. Under `latest` and overload most outcomes are among them: a minute of 60 a second."""


class RecentOutcomes:
    """Those that have a reason, or another fate than done; a checkpoint has none of them."""

    def __init__(self, max_outcomes: int = MAX_OUTCOMES) -> None:
        self._kept: deque[tuple[int, OutcomeSummary]] = deque()
        self._max_outcomes = max_outcomes
        self._complete_after: int | None = None

    def add(self, sequence: int, outcome: OutcomeSummary) -> None:
        """Every outcome, by the sequence numbers of their messages."""
        if self._complete_after is None:
            self._complete_after = sequence - 1
        if outcome.fate is Fate.DONE and not outcome.reason:
            return
        self._kept.append((sequence, outcome))
        if len(self._kept) > self._max_outcomes:
            self._complete_after, _ = self._kept.popleft()

    @property
    def complete_after(self) -> int | None:
        """All of the kind with a higher sequence number are here; None: nothing is known."""
        return self._complete_after

    def newest_first(self, before: int = 0) -> Iterator[tuple[int, OutcomeSummary]]:
        """With their sequence numbers; those below `before` unless that is 0."""
        for sequence, outcome in reversed(self._kept):
            if not before or sequence < before:
                yield sequence, outcome
