"""Mean and deviation that forget: exponentially weighted moving averages."""

import math

WEIGHT = 0.1
"""Of the newest value, once there are ten: half of the average is of the last seven."""


class MovingAverage:
    """Of the first values the plain average, then the exponentially weighted one.

    Mutable: three numbers that change with each value. (The variance is that of West, 1979, with
    forgetting.)
    """

    __slots__ = ("_count", "_variance", "_weight", "mean")

    def __init__(self, weight: float = WEIGHT) -> None:
        self._weight = weight
        self._count = 0
        self._variance = 0.0
        self.mean = 0.0
        """0 before the first value."""

    def add(self, value: float) -> None:
        self._count += 1
        weight = max(self._weight, 1.0 / self._count)
        difference = value - self.mean
        self.mean += weight * difference
        self._variance = (1.0 - weight) * (self._variance + weight * difference * difference)

    @property
    def deviation(self) -> float:
        """The standard deviation of what was seen; 0 for a single value."""
        return math.sqrt(self._variance)
