"""Recent events per second."""

from collections import deque
from collections.abc import Iterable

from framemesh.core.clock import NANO

WINDOW_SECONDS = 10


class Rate:
    """Counts events by the second in which they happened, over the last WINDOW_SECONDS."""

    def __init__(self, seconds: Iterable[tuple[int, int]] = ()) -> None:
        """Continues from `seconds`, as the property of an earlier process returned them."""
        self._seconds = deque(seconds, maxlen=WINDOW_SECONDS + 1)

    @property
    def seconds(self) -> tuple[tuple[int, int], ...]:
        """(second since the Unix epoch, events) for each second with events; ascending."""
        return tuple(self._seconds)

    def add(self, unix_nano: int, events: int = 1) -> None:
        """Count `events` at `unix_nano`; times come in order."""
        second = unix_nano // NANO
        if self._seconds and self._seconds[-1][0] >= second:
            last, count = self._seconds.pop()
            self._seconds.append((last, count + events))
        else:
            self._seconds.append((second, events))

    def per_second(self, now_unix_nano: int) -> float:
        """Average over the whole seconds before `now_unix_nano`, from the first event on."""
        now = now_unix_nano // NANO
        begin = now - WINDOW_SECONDS
        counted = [(s, n) for s, n in self._seconds if begin <= s < now]
        if not counted:
            return 0.0
        return sum(n for _, n in counted) / (now - counted[0][0])
