"""How long frames wait, by a clock that does not step."""

from bisect import bisect_right

STEPS = 256
"""Ages are told with an error of this part of the greatest one that matters."""

NANO = 1_000_000_000


class Ages:
    """Keeps a few times instead of one for each frame."""

    def __init__(self, max_age: float, unix_nano: int, now: float) -> None:
        """Opened at `now` by a monotonic clock, when the camera's clock said `unix_nano`."""
        self._resolution = max_age / STEPS
        self._max_age = max_age
        self._opened_unix_nano, self._opened = unix_nano, now
        self._sequences: list[int] = []
        self._times: list[float] = []

    def __len__(self) -> int:
        return len(self._times)

    def taken(self, sequence: int, now: float) -> None:
        """A frame came just now."""
        if self._times and now - self._times[-1] < self._resolution:
            return
        # Whatever is before the last one that is too old is too old as well.
        old = bisect_right(self._times, now - 2 * self._max_age) - 1
        if old > 0:
            del self._sequences[:old], self._times[:old]
        self._sequences.append(sequence)
        self._times.append(now)

    def is_over(self, sequence: int, taken_unix_nano: int, now: float) -> bool:
        """Whether a frame waits for longer than `max_age`."""
        index = bisect_right(self._sequences, sequence) - 1
        if index >= 0:
            return now - self._times[index] - self._resolution > self._max_age
        before = max(0.0, (self._opened_unix_nano - taken_unix_nano) / NANO)
        return before + now - self._opened > self._max_age
