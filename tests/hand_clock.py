"""A clock for tests that need not wait."""

from framemesh.core.clock import NANO


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds

    def unix_nano(self) -> int:
        return round(self.seconds * NANO)

    def monotonic(self) -> float:
        return self.seconds
