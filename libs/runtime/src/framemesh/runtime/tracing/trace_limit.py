"""How many frames may get a trace for what became of them."""

from framemesh.core.clock import Clock
from framemesh.runtime.logs import get_logger

log = get_logger()

TRACES_PER_SECOND = 20.0
"""Where every frame fails, or is late, twenty of them a second tell as much as all."""

BURST = 100


class TraceLimit:
    """Bounds the traces that were not chosen in advance, in one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = float(BURST)
        self._since = clock.monotonic()
        self._skipping = False

    def admits(self) -> bool:
        """Take one trace; False where there are too many."""
        now = self._clock.monotonic()
        self._left = min(BURST, self._left + (now - self._since) * TRACES_PER_SECOND)
        self._since = now
        if self._left < 1:
            if not self._skipping:
                log.info(
                    "more frames fail or are late than are traced", per_second=TRACES_PER_SECOND
                )
            self._skipping = True
            return False
        if self._left >= BURST - 1:
            self._skipping = False
        self._left -= 1
        return True
