"""When each frame of a paced load is due."""

import time
from dataclasses import dataclass

CAMERAS = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """Cameras that send at the same rate, and take turns."""

    rate: float
    """Frames a second of all cameras together."""
    seconds: float
    cameras: int = CAMERAS

    @property
    def frames(self) -> int:
        """Of each camera."""
        return max(1, round(self.rate * self.seconds / self.cameras))

    def due(self, camera: int, frame: int) -> float:
        """Seconds after the beginning, of the frame with that number, from 0."""
        return (frame * self.cameras + camera) / self.rate


def wall_clock(began: float) -> float:
    """Seconds since the Unix epoch at a time of time.monotonic()."""
    return time.time() - time.monotonic() + began
