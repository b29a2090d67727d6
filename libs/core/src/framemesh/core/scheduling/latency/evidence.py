"""How much what was seen counts, against what was known before."""

ENOUGH = 20.0
"""Observations from which on a profile's spread counts for nothing; the 95th percentile of fewer is
their largest."""

ENOUGH_FOR_MEAN = 5.0
"""The same for its mean: each frame that is sent to a backend that became slow, until that is
believed, is late."""

HALF_LIFE_SECONDS = 120.0
"""After so long without an observation, what was seen counts half. What was avoided because it was
slow is tried again at some time; it would never be seen otherwise."""


class Evidence:
    """Counts observations that fade. Mutable, since one is made at each answer of a backend."""

    __slots__ = ("_count", "_last")

    def __init__(self) -> None:
        self._count = 0.0
        self._last = 0.0

    def add(self, now: float) -> None:
        """One more observation, at `now` (seconds)."""
        self._count = min(self._faded(now) + 1.0, ENOUGH)
        self._last = now

    def weight(self, now: float) -> float:
        """0: nothing was seen, 1: enough and lately."""
        return self._faded(now) / ENOUGH

    def weight_of_mean(self, now: float) -> float:
        """The same, of the mean: 1 after fewer."""
        return min(1.0, self._faded(now) / ENOUGH_FOR_MEAN)

    def is_stale(self, now: float) -> bool:
        """Whether all that was seen together counts less than one observation."""
        return self._faded(now) < 1.0

    def _faded(self, now: float) -> float:
        if not self._count:
            return 0.0
        return float(self._count * 0.5 ** (max(0.0, now - self._last) / HALF_LIFE_SECONDS))
