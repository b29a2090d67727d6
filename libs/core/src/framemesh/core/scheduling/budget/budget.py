"""What every way to divide a deadline answers."""

from typing import Protocol


class Budget(Protocol):
    """How what is left to a frame is divided over the calls that are left."""

    def share(self, node: str, remaining: float) -> float:
        """Seconds that a call of `node` may take, if all that is left of the frame, this call
        included, has `remaining`. The others have what the call leaves."""
        ...
