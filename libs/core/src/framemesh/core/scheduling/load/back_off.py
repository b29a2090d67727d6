"""For how long a backend that refused, or failed, is left alone."""

from framemesh.core.scheduling.load.jitter import fraction

FIRST_SECONDS = 0.05
"""After one refusal: about one batch. It doubles with each that follows."""

LONGEST_SECONDS = 30.0
"""Then it is tried again, whatever it did: a backend that is back is used half a minute later."""

MOST_DOUBLINGS = 10


class BackOff:
    """Doubles from refusal to refusal, and differs between callers by half to all of it, so that
    those who were refused together do not come back together. Mutable: two numbers."""

    __slots__ = ("_about", "_refusals", "_until")

    def __init__(self, seed: int, about: str) -> None:
        """`about`: the name of the backend."""
        self._about = (seed, about)
        self._refusals = 0
        self._until = float("-inf")

    def refused(self, now: float) -> None:
        seed, name = self._about
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._refusals, MOST_DOUBLINGS))
        self._refusals += 1
        self._until = now + longest * (0.5 + 0.5 * fraction(seed, name, self._refusals))

    def answered(self) -> None:
        """It works again."""
        self._refusals = 0
        self._until = float("-inf")

    def is_over(self, now: float) -> bool:
        return now >= self._until
