"""Ages of frames, counted so that a percentile takes little memory and can be stored."""

from bisect import bisect_left
from dataclasses import dataclass, field

STEP = 1.1
"""From one bound to the next: a percentile is told within a tenth."""

BOUNDS = tuple(0.001 * STEP**number for number in range(193))
"""In seconds: from a millisecond to a day."""


@dataclass(slots=True)
class AgeHistogram:
    """How many frames were of which age."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    """Of frames up to each bound, and of older ones."""

    def add(self, seconds: float) -> None:
        """Count one frame."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1

    def percentile(self, share: float) -> float | None:
        """The age in seconds that `share` of the frames, 0 to 1, did not exceed; None: there are no
        frames."""
        total, seen = sum(self.counts), 0
        for number, count in enumerate(self.counts):
            seen += count
            if total and seen >= share * total:
                return BOUNDS[min(number, len(BOUNDS) - 1)]
        return None
