"""The offset between the clock of a camera and that of ingest."""

from dataclasses import dataclass, replace

DRIFT_PER_SECOND = 200_000
"""Nanoseconds by which two clocks may part in a second: quartz is good for 20 to 100 ppm."""

STEP_NANO = 50_000_000
"""What is less than this beyond all errors is drift, or a machine that was busy."""


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

    def after(self, seconds: float) -> "ClockOffset":
        """What is known of it so much later."""
        return replace(self, error_nano=self.error_nano + round(DRIFT_PER_SECOND * seconds))

    def is_step_from(self, before: "ClockOffset") -> bool:
        """Whether one of the clocks was set since `before`: no error explains the difference."""
        errors = self.error_nano + before.error_nano
        return abs(self.nano - before.nano) > errors + STEP_NANO
