"""What other callers left waiting at a backend, as it last told."""

from framemesh.core.scheduling.load.jitter import fraction

JITTER = 0.25
"""By so much callers differ in how fast they think that a queue goes down. They read the same
length at the same moment, and would all come back at the same one."""


class ReportedQueue:
    """A number of batches that goes down at the rate of the backend until it tells another.

    Since it was told, the other callers are taken to have sent as many as this one: they see the
    same backend, and choose it for the same reasons. Mutable: three numbers.
    """

    __slots__ = ("_about", "_callers", "_others", "_pace", "_reports", "_sent", "_told_at")

    def __init__(self, seed: int, about: str, callers: int) -> None:
        """`about`: the name of the backend; `callers`: how many send to it, this one included."""
        self._about = (seed, about)
        self._callers = callers
        self._others = 0.0
        self._told_at = 0.0
        self._sent = 0
        self._reports = 0
        self._pace = 1.0

    def __bool__(self) -> bool:
        """Whether the backend ever told anything."""
        return self._reports > 0

    def told(self, others: float, now: float) -> None:
        """`others`: batches of other callers that wait there, as of now."""
        self._others = max(0.0, others)
        self._told_at = now
        self._sent = 0
        self._reports += 1
        seed, name = self._about
        self._pace = 1.0 + JITTER * (2.0 * fraction(seed, name, self._reports) - 1.0)

    def sent(self) -> None:
        """This caller sent one more."""
        self._sent += 1

    def batches(self, now: float, per_second: float) -> float:
        """How many of other callers wait there now; `per_second`: what the backend works off."""
        if not self._reports:
            return 0.0
        came = self._others + (self._callers - 1) * self._sent
        return max(0.0, came - (now - self._told_at) * per_second * self._pace)
