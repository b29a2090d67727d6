"""How many events a second there were lately."""

from collections import deque
from collections.abc import Iterable

from framemesh.core.clock import NANO

WINDOW_SECONDS = 10


class Rate:
    """Counts events by the second in which they happened, over the last WINDOW_SECONDS."""

    def __init__(self, seconds: Iterable[tuple[int, int]] = ()) -> None:
        """`seconds` of another life, to go on from there."""
        self._seconds = deque(seconds, maxlen=WINDOW_SECONDS + 1)

    @property
    def seconds(self) -> tuple[tuple[int, int], ...]:
        """Each second since the Unix epoch in which there were events, and how many; ascending."""
        return tuple(self._seconds)

    def add(self, unix_nano: int, events: int = 1) -> None:
        """Events that happened at that time; times come in order."""
        second = unix_nano // NANO
        if self._seconds and self._seconds[-1][0] >= second:
            last, count = self._seconds.pop()
            self._seconds.append((last, count + events))
        else:
            self._seconds.append((second, events))

    def per_second(self, now_unix_nano: int) -> float:
        """Over the whole seconds before `now_unix_nano`, and only since the first event."""
        now = now_unix_nano // NANO
        begin = now - WINDOW_SECONDS
        counted = [(s, n) for s, n in self._seconds if begin <= s < now]
        if not counted:
            return 0.0
        return sum(n for _, n in counted) / (now - counted[0][0])
