"""How a camera does, at one moment."""

import math
from collections import deque
from dataclasses import dataclass

from framemesh.sdk.session.counts import Counts

RATE_SECONDS = 10
"""Over which a rate is taken."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts are of this camera object; what it found in its spool is offered as well."""

    counts: Counts
    accepted_bytes: int
    """Of the images that ingest accepted."""
    accepted_per_second: float
    """Frames, over the last ten seconds."""
    is_connected: bool
    reconnects: int
    """Streams that were opened after the first."""
    address: str
    """Of the ingest that it is connected to, or tries next."""
    spool_frames: int
    """That were never given to a stream."""
    spool_bytes: int
    """Of their images; of a spool on disk those of its files."""
    oldest_seconds: float
    """Since `send` was called for the oldest frame that has no answer, by the camera's clock; 0 if
    there is none."""
    last_error: str
    """Why the last stream ended that broke, or what the disk said last; empty: nothing did."""


class RateMeter:
    """Counts events in steps of one second."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._steps: deque[tuple[int, int]] = deque(maxlen=RATE_SECONDS + 1)
        """Second and count, oldest first."""

    def add(self, count: int, now: float) -> None:
        second = math.floor(now)
        if self._steps and self._steps[-1][0] == second:
            count += self._steps.pop()[1]
        self._steps.append((second, count))

    def rate(self, now: float) -> float:
        """Events a second, over the last RATE_SECONDS or since the beginning."""
        oldest = now - RATE_SECONDS
        counted = sum(count for second, count in self._steps if second >= oldest)
        return counted / min(RATE_SECONDS, max(1.0, now - self._began))
