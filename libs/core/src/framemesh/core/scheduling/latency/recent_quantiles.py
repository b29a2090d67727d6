"""Quantiles of the last observations, exact."""

import math
from bisect import bisect_left, insort
from collections import deque

RECENT = 128
"""Observations that are kept: six of them are above the 95th percentile, one above the 99th. One
kilobyte for each configuration."""


class RecentQuantiles:
    """A window of the last values, also in order.

    The P² algorithm (Jain and Chlamtac, 1985) keeps five numbers in place of a window, but of one
    quantile that is chosen beforehand, and it never forgets: after a backend became slow, half of
    all that it ever saw has to be slow before its median is. A window gives every quantile and
    forgets by itself, for a microsecond an observation. A reservoir would keep old values as
    likely as new ones.
    """

    __slots__ = ("_ordered", "_recent", "_size")

    def __init__(self, size: int = RECENT) -> None:
        self._size = size
        self._recent: deque[float] = deque()
        self._ordered: list[float] = []

    def __len__(self) -> int:
        return len(self._ordered)

    def add(self, value: float) -> None:
        if len(self._recent) == self._size:
            del self._ordered[bisect_left(self._ordered, self._recent.popleft())]
        self._recent.append(value)
        insort(self._ordered, value)

    def quantile(self, q: float) -> float:
        """The smallest value that at least `q` of all are not above.

        Raises:
            IndexError: there was none yet.
        """
        return self._ordered[max(0, math.ceil(q * len(self._ordered) - _ROUNDING) - 1)]

    def clear(self) -> None:
        self._recent.clear()
        self._ordered.clear()


_ROUNDING = 1e-9
