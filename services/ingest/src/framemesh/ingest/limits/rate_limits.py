"""Holds a camera to so many frames and bytes a second.

What comes faster waits here: its credit is not returned meanwhile, so the camera waits as well, and
drops or keeps what it has as it was told to. A rejection of each frame would cost the broker more
than the frame.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from framemesh.core.clock import Clock

BURST_SECONDS = 1.0
"""What a camera may send at once after it sent nothing: a second's worth."""

MAX_CLOSED = 4096
"""Cameras without a session whose budget is remembered, so that a new session is no new budget."""


@dataclass(frozen=True, slots=True)
class CameraBounds:
    """Of one camera's name in one pipeline, in all of its sessions here. 0: no bound."""

    frames_per_second: float = 0.0
    bytes_per_second: float = 0.0

    @property
    def are_set(self) -> bool:
        return bool(self.frames_per_second or self.bytes_per_second)


class Budget:
    """A budget that fills up evenly, to what BURST_SECONDS bring, and may be overdrawn by one
    frame: whoever comes after that waits until it is paid back."""

    def __init__(self, per_second: float, now: float) -> None:
        """Times are seconds of a monotonic clock. `per_second` 0: there is always enough."""
        self._per_second = per_second
        self._left = per_second * BURST_SECONDS
        self._at = now

    def spend(self, amount: float, now: float) -> float:
        """Returns how many seconds to wait before that may go on."""
        if not self._per_second:
            return 0.0
        most = self._per_second * BURST_SECONDS
        self._left = min(most, self._left + (now - self._at) * self._per_second) - amount
        self._at = now
        return max(0.0, -self._left / self._per_second)


class CameraRate:
    """Of one camera."""

    def __init__(self, bounds: CameraBounds, clock: Clock) -> None:
        self.bounds = bounds
        self._clock = clock
        now = clock.monotonic()
        self._frames = Budget(bounds.frames_per_second, now)
        self._bytes = Budget(bounds.bytes_per_second, now)

    def spend(self, size: int) -> float:
        """Returns how many seconds a frame of `size` bytes has to wait."""
        now = self._clock.monotonic()
        return max(self._frames.spend(1, now), self._bytes.spend(size, now))

    async def admit(self, size: int) -> bool:
        """Return once a frame of `size` bytes may go on; whether it had to wait."""
        return await waited(self.spend(size))


async def waited(seconds: float) -> bool:
    """Wait so long, which may be nothing; whether there was anything to wait for."""
    if seconds <= 0:
        return False
    await asyncio.sleep(seconds)
    return True


class RateLimits:
    """For one event loop."""

    def __init__(self, bounds: CameraBounds, clock: Clock) -> None:
        self._bounds = bounds
        self._clock = clock
        self._open: Counter[tuple[str, str]] = Counter()
        self._rates: OrderedDict[tuple[str, str], CameraRate] = OrderedDict()
        """Of the cameras that have sessions, and of some that had."""

    @contextmanager
    def of(self, pipeline: str, camera: str) -> Iterator[CameraRate | None]:
        """The rate of a camera, for a session that is open while the context lasts; None: nothing
        is bounded."""
        if not self._bounds.are_set:
            yield None
            return
        key = (pipeline, camera)
        rate = self._rates.pop(key, None) or CameraRate(self._bounds, self._clock)
        self._rates[key] = rate
        self._open[key] += 1
        try:
            yield rate
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
                self._rates.move_to_end(key)
            self._forget()

    def _forget(self) -> None:
        while len(self._rates) - len(self._open) > MAX_CLOSED:
            del self._rates[next(key for key in self._rates if key not in self._open)]
