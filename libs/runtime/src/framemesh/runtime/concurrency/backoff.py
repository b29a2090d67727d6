"""How long to wait before the next attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, from `first_seconds` to `max_seconds`."""

    first_seconds: float
    max_seconds: float

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, 1 for the first."""
        # The exponent is bounded because 2.0 ** 1024 is an error.
        return min(self.max_seconds, self.first_seconds * 2.0 ** min(failures - 1, 32))
