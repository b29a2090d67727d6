"""What one camera is asked to do."""

from dataclasses import dataclass, replace

NOTICEABLE = 0.1
"""A smaller change of a rate is not told."""


@dataclass(frozen=True, slots=True)
class Hint:
    frames_per_second: float | None = None
    """That it should send at most; None: as many as it likes."""
    quality: float = 1.0
    """Of its own quality of JPEGs, 0 to 1."""

    def within(self, limit: float | None) -> "Hint":
        """The same, for a camera that is held to so many frames a second; None: it is not."""
        if limit is None or (self.frames_per_second or limit) < limit:
            return self
        return replace(self, frames_per_second=limit)

    def differs(self, told: "Hint") -> bool:
        """Whether it is worth a message."""
        if self.quality != told.quality:
            return True
        wanted, before = self.frames_per_second, told.frames_per_second
        if wanted is None or before is None:
            return wanted is not before
        return abs(wanted - before) > NOTICEABLE * before


NO_HINT = Hint()
