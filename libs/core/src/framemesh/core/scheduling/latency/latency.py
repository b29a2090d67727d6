"""What a variant of a model takes on a backend, in batches of any size."""

from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.scheduling.latency.batch_line import BatchLine
from framemesh.core.scheduling.latency.normal import deviations
from framemesh.core.scheduling.latency.seen import Seen

MOST_SIZES = 32
"""Batch sizes with figures of their own; what is seen of others goes into the line alone."""

MOST_RATIO = 4.0
"""What took longer than so many times what was expected counts as that: one batch that hung is no
sign of how long others take, and has hedging for it. Where all take longer, the fifth says so."""

LEAST_RATIO = 0.05
"""Of a quantile to its mean, where a wide profile is asked for a low quantile; and of what is
expected to the profile, where what was seen took no time."""


class InvalidProfile(FramemeshError):
    """Latencies that cannot be."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class LatencyPrior:
    """What a profile says of batches of one size, in seconds."""

    mean: float
    p95: float

    def __post_init__(self) -> None:
        """Raises:
        InvalidProfile: not 0 < mean <= p95.
        """
        if not 0.0 < self.mean <= self.p95:
            raise InvalidProfile(
                f"a profile says mean {self.mean:g} s and p95 {self.p95:g} s: profile it again"
            )

    def ratio(self, q: float) -> float:
        """Of the quantile to the mean, taken as normally distributed."""
        wide = (self.p95 / self.mean - 1.0) / deviations(0.95)
        return max(LEAST_RATIO, 1.0 + wide * deviations(q))


class Latency:
    """Of one deployment, by batch size: the profile until enough was seen.

    Of a size that was seen, its own mean and window. Of another, a line over all sizes, and the
    spread that all have around it. Both fade back to the profile where nothing is seen for long.
    Mutable: each answer changes it, and it is asked more often than it is changed.
    """

    __slots__ = ("_line", "_priors", "_ratios", "_sizes")

    def __init__(self, priors: Mapping[int, LatencyPrior]) -> None:
        """`priors`: by batch size.

        Raises:
            InvalidProfile: there is none.
        """
        if not priors:
            raise InvalidProfile("a latency without a profile: run framemesh profile first")
        self._priors = dict(priors)
        self._line = self._profiled_line()
        self._sizes: dict[int, Seen] = {}
        self._ratios = Seen()
        """Of what was seen to what the line said."""

    def observe(self, batch: int, seconds: float, now: float) -> None:
        """A batch of `batch` inputs took `seconds`."""
        if self._ratios.is_stale(now):
            self._line = self._profiled_line()
        expected = max(self.mean(batch, now), LEAST_RATIO * self._line.prior(batch))
        seconds = min(seconds, MOST_RATIO * expected)
        self._line.observe(batch, seconds)
        self._ratios.observe(seconds / max(self._line.at(batch), _LEAST_SECONDS), now)
        seen = self._sizes.get(batch)
        if seen is None and len(self._sizes) < MOST_SIZES:
            seen = self._sizes[batch] = Seen()
        if seen is not None:
            seen.observe(seconds, now)

    def mean(self, batch: int, now: float) -> float:
        prior = self._line.prior(batch)
        # A line over all sizes, of what was seen of any; then what was seen of this one.
        found = prior + self._ratios.weight_of_mean(now) * (self._line.at(batch) - prior)
        seen = self._sizes.get(batch)
        return found if seen is None else found + seen.weight_of_mean(now) * (seen.mean - found)

    def quantile(self, q: float, batch: int, now: float) -> float:
        """Seconds that a part `q` of such batches do not exceed; 0 < q < 1."""
        seen = self._sizes.get(batch)
        weight = 0.0 if seen is None else seen.weight(now)
        if seen is not None and weight >= 1.0:
            return seen.quantile(q)
        prior = self._nearest(batch).ratio(q)
        ratio = prior + self._ratios.weight(now) * (self._ratios.quantile(q) - prior)
        found = self.mean(batch, now) * ratio
        return found if seen is None else found + weight * (seen.quantile(q) - found)

    def _profiled_line(self) -> BatchLine:
        return BatchLine({batch: prior.mean for batch, prior in self._priors.items()})

    def _nearest(self, batch: int) -> LatencyPrior:
        known = self._priors.get(batch)
        if known is not None:
            return known
        return self._priors[min(self._priors, key=lambda size: (abs(size - batch), size))]


_LEAST_SECONDS = 1e-9
