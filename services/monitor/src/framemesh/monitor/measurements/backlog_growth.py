"""How fast a backlog grows."""

from collections import deque

WINDOW_SECONDS = 30.0
"""Frames come in bursts; over less, the backlog of a steady load would seem to grow."""

MAX_SAMPLES = 64


class BacklogGrowth:
    """Of one pipeline, from looks at any times."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=MAX_SAMPLES)

    def add(self, at_seconds: float, frames: int) -> None:
        """So many frames are in the buffer now, by a clock that never goes back."""
        self._samples.append((at_seconds, frames))
        # One that is older than the window stays: the looks may be far apart.
        while len(self._samples) > 2 and at_seconds - self._samples[1][0] >= WINDOW_SECONDS:
            self._samples.popleft()

    @property
    def per_second(self) -> float | None:
        """None before the second look."""
        (first_at, first), (last_at, last) = self._samples[0], self._samples[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else None
