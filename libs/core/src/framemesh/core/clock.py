"""Time, injected: what asks for the time gets a clock, so that tests need not wait."""

import time
from typing import Protocol

NANO = 1_000_000_000
"""Nanoseconds of a second."""


class Clock(Protocol):
    def unix_nano(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        ...


class SystemClock:
    def unix_nano(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()
