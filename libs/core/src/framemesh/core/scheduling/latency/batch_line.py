"""latency(batch) = a + b * batch, fitted while batches are seen."""

from collections.abc import Mapping
from dataclasses import dataclass

FORGETTING = 0.98
"""What an observation still counts after the next one: half after 34, and 50 in all."""

PRIOR_WEIGHT = 0.2
"""Of each size of the profile beside observations of weight 1. It keeps the line determined where
all batches that are seen have one size; five sizes count as much as one observation."""


@dataclass(slots=True)
class _Sums:
    """Of weights, and of x, y, x * x, x * y with their weights: all that least squares need."""

    weight: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def add(self, x: float, y: float, weight: float = 1.0) -> None:
        self.weight += weight
        self.x += weight * x
        self.y += weight * y
        self.xx += weight * x * x
        self.xy += weight * x * y

    def fade(self, factor: float) -> None:
        self.weight *= factor
        self.x *= factor
        self.y *= factor
        self.xx *= factor
        self.xy *= factor

    def plus(self, other: "_Sums", y_factor: float) -> "_Sums":
        return _Sums(
            self.weight + other.weight,
            self.x + other.x,
            self.y + other.y * y_factor,
            self.xx + other.xx,
            self.xy + other.xy * y_factor,
        )

    def at(self, x: float) -> float:
        """On the line through all points; a larger batch never takes less, and none a negative
        time. Where all points have one x, more takes in proportion, and less takes as long."""
        mean_x, mean_y = self.x / self.weight, self.y / self.weight
        spread = self.xx / self.weight - mean_x * mean_x
        if spread < _SAME * mean_x * mean_x:
            return mean_y * max(1.0, x / mean_x)
        slope = max(0.0, (self.xy / self.weight - mean_x * mean_y) / spread)
        if slope * mean_x > mean_y:
            return x * self.xy / self.xx  # it would begin below zero: through zero, then
        return mean_y + slope * (x - mean_x)


class BatchLine:
    """Least squares with forgetting, through the points of a profile and what is seen.

    The points of the profile move with the speed that is seen: where batches of four take twice as
    long as they did when they were profiled, so do those of eight. Mutable: five sums.
    """

    __slots__ = ("_expected", "_prior", "_prior_means", "_sums")

    def __init__(self, prior_means: Mapping[int, float]) -> None:
        """`prior_means`: seconds by batch size; at least one."""
        self._prior_means = dict(prior_means)
        self._prior = _Sums()
        for batch, seconds in self._prior_means.items():
            self._prior.add(batch, seconds, PRIOR_WEIGHT)
        self._sums = _Sums()
        self._expected = 0.0
        """The sum of what the profile says of all that was seen."""

    def observe(self, batch: int, seconds: float) -> None:
        self._sums.fade(FORGETTING)
        self._expected *= FORGETTING
        self._sums.add(batch, seconds)
        self._expected += self.prior(batch)

    def prior(self, batch: int) -> float:
        """Seconds as the profile says, or the line through its sizes."""
        known = self._prior_means.get(batch)
        return self._prior.at(batch) if known is None else known

    def at(self, batch: int) -> float:
        """Seconds for a batch of this size, by all that is known."""
        drift = self._sums.y / self._expected if self._expected > 0.0 else 1.0
        return self._sums.plus(self._prior, drift).at(batch)


_SAME = 1e-9
