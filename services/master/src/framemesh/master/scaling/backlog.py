"""The backlog of a pipeline over the last seconds, and its derivative."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BacklogSample:
    """One look at the buffer of a pipeline."""

    at: float
    """Seconds of a monotonic clock."""
    arrived: int
    """Frames that the buffer ever took, counted from some moment."""
    pending: int
    """Frames in it: those that wait, and those that workers have and have not acknowledged."""
    ready_workers: int


class Backlog:
    """The samples of the last `seconds`, the oldest first. They come at even distances."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._samples: deque[BacklogSample] = deque()

    def add(self, sample: BacklogSample) -> None:
        self._samples.append(sample)
        # One older than asked for is kept, so that what is left spans all of the time.
        while len(self._samples) > 2 and self._samples[1].at <= sample.at - self._seconds:
            self._samples.popleft()

    @property
    def now(self) -> BacklogSample | None:
        return self._samples[-1] if self._samples else None

    def last(self, seconds: float) -> Sequence[BacklogSample]:
        """The samples that span the last `seconds`; none if it was not watched for so long."""
        if not self._samples:
            return ()
        begin = self._samples[-1].at - seconds
        if self._samples[0].at > begin + _LATE_SAMPLE * seconds:
            return ()
        return [sample for sample in self._samples if sample.at >= begin - _LATE_SAMPLE * seconds]

    def growth(self, seconds: float) -> float | None:
        """d(backlog)/dt in frames a second, as the slope of a straight line through the samples:
        two ends alone would be those of two batches. None: not watched for so long."""
        samples = self.last(seconds)
        if len(samples) < 2:
            return None
        times = [sample.at - samples[0].at for sample in samples]
        return _slope(times, [sample.pending - samples[0].pending for sample in samples])

    def arriving(self, seconds: float) -> float | None:
        """Frames a second that came into the buffer, over `seconds` or what there is of them."""
        samples = self.last(seconds) or list(self._samples)
        return _rate(samples, [sample.arrived for sample in samples])

    def processed(self, seconds: float) -> float | None:
        """Frames a second that left the buffer."""
        samples = self.last(seconds)
        return _rate(samples, [sample.arrived - sample.pending for sample in samples])


_LATE_SAMPLE = 0.2
"""Of a window: a sample that is so much late, on a busy machine, still closes it."""


def _rate(samples: Sequence[BacklogSample], counts: Sequence[int]) -> float | None:
    if len(samples) < 2 or samples[-1].at <= samples[0].at:
        return None
    return (counts[-1] - counts[0]) / (samples[-1].at - samples[0].at)


def _slope(times: Sequence[float], values: Sequence[int]) -> float | None:
    """Of the straight line with the least squared distances."""
    mean_time, mean_value = sum(times) / len(times), sum(values) / len(values)
    spread = sum((time - mean_time) ** 2 for time in times)
    if not spread:
        return None
    return (
        sum(
            (time - mean_time) * (value - mean_value)
            for time, value in zip(times, values, strict=True)
        )
        / spread
    )
