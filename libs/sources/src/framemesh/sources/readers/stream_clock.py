"""When a frame of a live stream was captured, by the stream's own clock."""

import threading
from collections import deque

from framemesh.core.clock import NANO

WINDOW_SECONDS = 30.0
"""How long the quickest packet counts. Clocks of cameras drift by up to 100 ppm: 3 ms in it."""

MAX_DELAY_SECONDS = 20.0
"""By which a frame may be older than its arrival. A larger difference is a clock that jumped, or
that runs at another speed than it says."""


class StreamClock:
    """Maps presentation times to this machine's clock by the packet that took the least time.

    What a network or a buffer held back arrives late and all at once: stamped on arrival it would
    look newer than it is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Packets arrive in one thread, and are asked for in another."""
        self._offsets: deque[tuple[float, int]] = deque()
        """Stream time and offset (arrival - stream time) of packets, both rising: the first has the
        least offset of the window, each other one the least after the one before it."""
        self._newest = float("-inf")

    def arrived(self, seconds: float, arrival_unix_nano: int) -> None:
        """A packet with the stream's time `seconds` arrived."""
        with self._lock:
            self._add(seconds, arrival_unix_nano)

    def captured(self, seconds: float, arrival_unix_nano: int) -> int:
        """Unix nanoseconds, never after its arrival."""
        with self._lock:
            if not self._offsets:
                return arrival_unix_nano
            mapped = self._offsets[0][1] + round(seconds * NANO)
        delay = arrival_unix_nano - mapped
        return mapped if 0 <= delay <= MAX_DELAY_SECONDS * NANO else arrival_unix_nano

    def _add(self, seconds: float, arrival_unix_nano: int) -> None:
        offset = arrival_unix_nano - round(seconds * NANO)
        if self._jumped(seconds, offset):
            self._offsets.clear()
        self._newest = seconds
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((seconds, offset))
        while self._offsets[0][0] < seconds - WINDOW_SECONDS:
            self._offsets.popleft()

    def _jumped(self, seconds: float, offset: int) -> bool:
        if not self._offsets:
            return False
        late = abs(offset - self._offsets[0][1]) > MAX_DELAY_SECONDS * NANO
        return late or seconds < self._newest - WINDOW_SECONDS
