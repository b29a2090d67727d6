"""How many frames may get a trace for what became of them."""

from framemesh.core.clock import Clock
from framemesh.runtime.logs import get_logger

log = get_logger()

FAILED_PER_SECOND = 20.0
"""Where every frame fails, twenty of them a second tell as much as all."""

LATE_PER_SECOND = 5.0
"""Where every frame is late, the machines have enough to do: a trace costs 1 ms of CPU."""

BURST_SECONDS = 5.0
"""So much may come at once."""


class TraceLimit:
    """Bounds the traces of one kind that were not chosen in advance, in one process."""

    def __init__(self, clock: Clock, what: str, per_second: float) -> None:
        """`what`: became of the frames, for the line that says that there are more."""
        self._clock = clock
        self._what = what
        self._per_second = per_second
        self._burst = per_second * BURST_SECONDS
        self._left = self._burst
        self._since = clock.monotonic()
        self._skipping = False

    def admits(self) -> bool:
        """Take one trace; False where there are too many."""
        now = self._clock.monotonic()
        self._left = min(self._burst, self._left + (now - self._since) * self._per_second)
        self._since = now
        if self._left < 1:
            if not self._skipping:
                log.info(
                    "there are more such frames than are traced",
                    such=self._what,
                    per_second=self._per_second,
                )
            self._skipping = True
            return False
        if self._left >= self._burst - 1:
            self._skipping = False
        self._left -= 1
        return True
