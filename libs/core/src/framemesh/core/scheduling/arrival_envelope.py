"""How many frames ever come within windows of several lengths: the envelope of the arrivals."""

import math
from collections import deque
from collections.abc import Mapping

BUCKET_SECONDS = 0.0625
"""Arrivals are counted by it; two frames of a camera with 15 frames/s are further apart."""

WINDOWS = tuple(0.125 * 2**power for power in range(10))
"""Seconds, 0.125 to 64: InferLine's (SoCC 2020) go from the time of one call to a minute, each
twice the one before."""

HORIZON_SECONDS = 120.0
"""What was longer ago says nothing of what comes; at most so many buckets are kept: 1,920."""


class ArrivalEnvelope:
    """Counts by time. Mutable: a window over the last `HORIZON_SECONDS`."""

    def __init__(self) -> None:
        self._counts: deque[list[int]] = deque()
        """[bucket, arrivals] of those with any, ascending."""

    def add(self, now: float, arrivals: int = 1) -> None:
        """Arrivals at `now`; times come in order."""
        bucket = math.floor(now / BUCKET_SECONDS)
        if self._counts and self._counts[-1][0] >= bucket:
            self._counts[-1][1] += arrivals
        else:
            self._counts.append([bucket, arrivals])
        oldest = bucket - math.ceil(HORIZON_SECONDS / BUCKET_SECONDS)
        while self._counts[0][0] <= oldest:
            self._counts.popleft()

    def most(self, window: float) -> int:
        """The most arrivals in any `window` seconds: no fewer than there were, and no more than in
        a window that is longer by two buckets."""
        buckets = math.ceil(window / BUCKET_SECONDS) + 1
        inside = found = first = 0
        counts = [*self._counts]
        for bucket, arrivals in counts:
            inside += arrivals
            while counts[first][0] <= bucket - buckets:
                inside -= counts[first][1]
                first += 1
            found = max(found, inside)
        return found

    def envelope(self) -> Mapping[float, int]:
        """The most arrivals in windows of each length, ascending."""
        return {window: self.most(window) for window in WINDOWS}

    def rate(self, now: float, window: float) -> float:
        """Arrivals a second over the last `window` seconds, or since the first one."""
        begin = math.floor((now - window) / BUCKET_SECONDS)
        counted = [each for each in self._counts if each[0] > begin]
        if not counted:
            return 0.0
        since = window if self._counts[0][0] <= begin else now - counted[0][0] * BUCKET_SECONDS
        return sum(arrivals for _, arrivals in counted) / max(since, BUCKET_SECONDS)
