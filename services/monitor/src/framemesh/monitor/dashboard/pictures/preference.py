"""Which frames of a camera are worth showing."""

from framemesh.core.clock import Clock
from framemesh.core.outcome import Fate

UNDONE_AFTER_SECONDS = 2.0
"""Frames that were not processed are shown where none was for so long: who looks at a camera wants
to see what was found."""


class DoneFirst:
    """Prefers frames that were processed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done_at = -UNDONE_AFTER_SECONDS

    def is_shown(self, fate: Fate) -> bool:
        """Whether the next frame, which has this fate, is to be shown."""
        now = self._clock.monotonic()
        if fate is Fate.DONE:
            self._done_at = now
            return True
        return now - self._done_at >= UNDONE_AFTER_SECONDS
