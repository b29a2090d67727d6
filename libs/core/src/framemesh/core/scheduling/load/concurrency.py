"""How many batches of this caller a backend has at once, lately."""

import math

TIME_CONSTANT_SECONDS = 2.0
"""Costs follow the load within so long: slower than batches come and go, so that no choice flaps
with each of them."""


class Concurrency:
    """The average over time, older times less. Mutable: three numbers."""

    __slots__ = ("_average", "_count", "_since")

    def __init__(self) -> None:
        self._average = 0.0
        self._count = 0
        self._since = 0.0

    def set(self, count: int, now: float) -> None:
        """From now on there are so many."""
        self._average = self.at(now)
        self._count = count
        self._since = now

    def at(self, now: float) -> float:
        passed = max(0.0, now - self._since)
        old = math.exp(-passed / TIME_CONSTANT_SECONDS)
        return self._count + (self._average - self._count) * old
