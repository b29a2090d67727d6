"""The offset between the clock of a camera and that of ingest."""

from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.runtime.logs import get_logger

log = get_logger()

LARGE_ERROR_NANO = 250_000_000
"""Frames may seem older than they are by so much; deadlines of half a second are common."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """What to add to a time of the camera to get one of ingest, and the error of that."""

    nano: int
    error_nano: int

    @classmethod
    def of_reading(cls, asked: int, reading: int, answered: int) -> "ClockOffset":
        """From one reading of the camera's clock, and when ingest asked for it and got it.

        The camera read its clock at some moment between the two: the middle is wrong by half of the
        round trip at most.
        """
        round_trip = max(0, answered - asked)
        return cls(asked + round_trip // 2 - reading, round_trip - round_trip // 2)

    @property
    def correction(self) -> int:
        """Nanoseconds to add to a time of the camera: 0 for an offset within its error, as clocks
        that agree must not be pulled apart."""
        return self.nano if abs(self.nano) > self.error_nano else 0


class CameraClock:
    """The clock of one session's camera. Make it when the camera is asked to read its clock."""

    def __init__(self, camera: str, clock: Clock) -> None:
        self._camera = camera
        self._clock = clock
        self._asked = clock.unix_nano()
        self._offset: ClockOffset | None = None

    def read(self, unix_nano: int) -> None:
        """Take the camera's reading, which came at this moment.

        Raises:
            SessionProtocolViolation: it is the second one.
        """
        if self._offset is not None:
            raise SessionProtocolViolation("a second reading of the clock: send one a stream")
        found = ClockOffset.of_reading(self._asked, unix_nano, self._clock.unix_nano())
        self._offset = found
        figures = {
            "camera": self._camera,
            "offset_ms": found.nano / 1e6,
            "error_ms": found.error_nano / 1e6,
            "corrected": found.correction != 0,
        }
        if found.error_nano > LARGE_ERROR_NANO:
            log.warning("camera clock is uncertain: the round trip to it is long", **figures)
        else:
            log.info("camera clock is known", **figures)

    @property
    def now_unix_nano(self) -> int:
        """By the clock of ingest."""
        return self._clock.unix_nano()

    def captured(self, unix_nano: int) -> int:
        """The capture time of a frame by the clock of ingest, in nanoseconds since the epoch.

        Args:
            unix_nano: by the camera's clock; 0, where it does not know it, gives now.

        A time in the future becomes now, or its frame would never be too old.
        """
        now = self._clock.unix_nano()
        if not unix_nano:
            return now
        correction = self._offset.correction if self._offset else 0
        # Not before the epoch either: no clock says so, and a correction might leave 64 bits.
        return max(0, min(now, unix_nano + correction))
