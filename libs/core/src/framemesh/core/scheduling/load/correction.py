"""By how much a backend takes longer than it lets one expect."""

import math

LEAST, MOST = 0.25, 4.0
"""A single answer says no more than this: one that hung for a minute is no sign of the next."""

WEIGHT = 0.2
"""Of the newest answer: five of them make two thirds of it."""

HALF_LIFE_SECONDS = 30.0
"""After so long without an answer half of it is forgotten: what is avoided is tried again."""


class Correction:
    """The ratio of observed to predicted seconds, averaged by its logarithm, so that twice as long
    and half as long make up for each other. Mutable: two numbers."""

    __slots__ = ("_last", "_logarithm")

    def __init__(self) -> None:
        self._logarithm = 0.0
        self._last = 0.0

    def observe(self, predicted: float, seconds: float, now: float) -> None:
        ratio = seconds / predicted if predicted > 0.0 else 1.0
        seen = math.log(min(max(ratio, LEAST), MOST))
        before = self._at(now)
        self._logarithm = before + WEIGHT * (seen - before)
        self._last = now

    def ratio(self, now: float) -> float:
        """1: it takes what was predicted."""
        return math.exp(self._at(now)) if self._logarithm else 1.0

    def _at(self, now: float) -> float:
        faded: float = 0.5 ** (max(0.0, now - self._last) / HALF_LIFE_SECONDS)
        return self._logarithm * faded
