"""What was seen of one quantity, as the seconds of batches of one size."""

from framemesh.core.scheduling.latency.evidence import Evidence
from framemesh.core.scheduling.latency.moving_average import MovingAverage
from framemesh.core.scheduling.latency.normal import deviations
from framemesh.core.scheduling.latency.recent_quantiles import RecentQuantiles


class Seen:
    """Mean, deviation, quantiles, and how much they count. Mutable: it holds a window."""

    __slots__ = ("_average", "_evidence", "_recent")

    def __init__(self) -> None:
        self._average = MovingAverage()
        self._recent = RecentQuantiles()
        self._evidence = Evidence()

    def observe(self, value: float, now: float) -> None:
        if self.is_stale(now):
            self._average = MovingAverage()
            self._recent.clear()
        self._average.add(value)
        self._recent.add(value)
        self._evidence.add(now)

    def weight(self, now: float) -> float:
        """0: nothing was seen, 1: enough and lately."""
        return self._evidence.weight(now)

    def weight_of_mean(self, now: float) -> float:
        """The same, of the mean: 1 after fewer."""
        return self._evidence.weight_of_mean(now)

    def is_stale(self, now: float) -> bool:
        """Whether nothing was seen, or so long ago that it is forgotten."""
        return self._evidence.is_stale(now)

    @property
    def mean(self) -> float:
        """0 before the first observation."""
        return self._average.mean

    def quantile(self, q: float) -> float:
        """Of the window; where no value of it would be above, of a normal distribution, if that is
        more. 0 before the first observation."""
        count = len(self._recent)
        if not count:
            return 0.0
        found = self._recent.quantile(q)
        if count * (1.0 - q) >= 1.0 or q <= 0.5:
            return found
        return max(found, self._average.mean + deviations(q) * self._average.deviation)
