"""Measures how many frames a second a worker can do, whatever share of them it gets."""

from framemesh.core.clock import Clock
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed

WINDOW_SECONDS = 5.0
"""Of one measurement, which takes longer where there are few frames."""

WINDOW_FRAMES = 10

SATURATED = 0.75
"""Of what a worker may hold, on average over a window: its frames come in batches, so that it holds
all of that only at times."""

BLEND = 0.5
"""How much a new measurement counts against those before."""

MOVED = 0.2
"""What is announced changes only with a measurement that differs by more than this part of it."""

STEADY_SECONDS = 30.0
"""What is announced changes no more often: for each shard that moves, cameras wait for a moment."""


class SpeedMeter:
    """Counts frames over the time in which the worker had any, so that one with little to do is not
    taken for a slow one.

    A worker that does several frames at once is faster than that says as long as it has few. So it
    is taken as what the worker does at least, until it was saturated.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._changed = clock.monotonic()
        self._busy, self._load = False, 0.0
        self._busy_seconds = self._load_seconds = 0.0
        self._frames = 0
        self._rate: float | None = None
        """Frames a second."""
        self._saturated = False
        self._announced_at = 0.0
        self.speed = UNKNOWN_SPEED
        """What is known, as it should be announced."""

    def holds(self, frames: int, most: int) -> None:
        """Take note that the worker has so many frames now, of `most` that it may have."""
        self._pass_time()
        self._busy, self._load = frames > 0, min(1.0, frames / most)

    def completed(self) -> None:
        """Take note of a frame that was processed."""
        self._frames += 1
        self._pass_time()
        seconds = self._changed - self._began
        enough = seconds >= WINDOW_SECONDS and self._frames >= WINDOW_FRAMES
        if enough and self._busy_seconds:
            self._learn(self._frames / self._busy_seconds, self._load_seconds / seconds)
            self._began = self._changed
            self._busy_seconds = self._load_seconds = 0.0
            self._frames = 0

    def _pass_time(self) -> None:
        now = self._clock.monotonic()
        passed, self._changed = now - self._changed, now
        self._busy_seconds += passed * self._busy
        self._load_seconds += passed * self._load

    def _learn(self, rate: float, load: float) -> None:
        saturated = load >= SATURATED
        if self._rate is None or (saturated and not self._saturated):
            self._rate = rate
        elif saturated or rate > self._rate:
            self._rate += BLEND * (rate - self._rate)
        self._saturated |= saturated
        self._announce(WorkerSpeed(round(60 * self._rate), self._saturated))

    def _announce(self, speed: WorkerSpeed) -> None:
        known, now = self.speed, self._clock.monotonic()
        new = (speed.saturated and not known.saturated) or known == UNKNOWN_SPEED
        moved = abs(speed.frames_per_minute - known.frames_per_minute)
        if new or (
            moved > MOVED * known.frames_per_minute and now - self._announced_at >= STEADY_SECONDS
        ):
            self.speed, self._announced_at = speed, now
