"""By how much the clock of a camera differs from ours."""

from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.runtime.logs import get_logger

log = get_logger()

LARGE_ERROR_NANO = 250_000_000
"""Frames may be taken for that much older than they are; deadlines of half a second are common."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """What makes a time of the camera one of ours, and by how much that may be wrong."""

    nano: int
    error_nano: int

    @classmethod
    def of_reading(cls, asked: int, reading: int, answered: int) -> "ClockOffset":
        """From what the camera read when we asked, and when its answer came, by our clock.

        It read at some moment between the two. The middle is wrong by half of the distance at most.
        """
        distance = max(0, answered - asked)
        return cls(asked + distance // 2 - reading, distance - distance // 2)

    @property
    def correction(self) -> int:
        """What to add to a time of the camera. A difference within its error may be none at all,
        and clocks that agree must not be pulled apart."""
        return self.nano if abs(self.nano) > self.error_nano else 0


class CameraClock:
    """The clock of the camera of one session. It is made when the camera is asked to read it."""

    def __init__(self, camera: str, clock: Clock) -> None:
        self._camera = camera
        self._clock = clock
        self._asked = clock.unix_nano()
        self._difference: ClockOffset | None = None

    def read(self, unix_nano: int) -> None:
        """What the camera says, just now.

        Raises:
            SessionProtocolViolation: it said so before.
        """
        if self._difference is not None:
            raise SessionProtocolViolation("a second reading of the clock: send one a stream")
        found = ClockOffset.of_reading(self._asked, unix_nano, self._clock.unix_nano())
        self._difference = found
        figures = {
            "camera": self._camera,
            "difference_ms": found.nano / 1e6,
            "error_ms": found.error_nano / 1e6,
            "corrected": found.correction != 0,
        }
        if found.error_nano > LARGE_ERROR_NANO:
            log.warning("camera clock is known badly: its round trip is long", **figures)
        else:
            log.info("camera clock is known", **figures)

    def captured(self, unix_nano: int) -> int:
        """When a frame was taken, by our clock; 0 from a camera that does not know: now.

        A time in the future becomes now, or its frame would never be too old.
        """
        now = self._clock.unix_nano()
        if not unix_nano:
            return now
        correction = self._difference.correction if self._difference else 0
        # Not before the epoch either: no clock says so, and a correction might leave 64 bits.
        return max(0, min(now, unix_nano + correction))
