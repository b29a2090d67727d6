"""The highest value of the last while, in little memory however long that is."""

from collections import deque

PARTS = 30
"""Of the time that is looked back: the oldest part goes as a whole."""


class Peak:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: float | None = None
        self._parts: deque[tuple[float, float]] = deque(maxlen=PARTS + 1)
        """When each began, and the highest value in it."""

    def add(self, at: float, value: float) -> None:
        """`at` in seconds of a monotonic clock."""
        if self._since is None:
            self._since = at
        if self._parts and at - self._parts[-1][0] < self.seconds / PARTS:
            begin, highest = self._parts.pop()
            self._parts.append((begin, max(highest, value)))
        else:
            self._parts.append((at, value))

    def highest(self, at: float) -> float | None:
        """In the last `seconds`; None: it was not watched for so long."""
        if self._since is None or at - self._since < self.seconds:
            return None
        part = self.seconds / PARTS
        return max(
            (value for begin, value in self._parts if begin + part >= at - self.seconds),
            default=None,
        )
