"""What a caller knows of how busy a backend is."""

from framemesh.core.scheduling.backend import Backend, InvalidBackend
from framemesh.core.scheduling.load.back_off import BackOff
from framemesh.core.scheduling.load.concurrency import Concurrency
from framemesh.core.scheduling.load.correction import MOST, Correction
from framemesh.core.scheduling.load.jitter import fraction
from framemesh.core.scheduling.load.outstanding import Outstanding, Sent
from framemesh.core.scheduling.load.reported_queue import ReportedQueue

TYPICAL_WEIGHT = 0.05
"""Of the newest batch, in what a batch takes there on average."""


class BackendLoad:
    """Its wait, from the batches of this caller, what the backend told of others, and the ratio of
    what was seen to what was predicted. Mutable: it holds what is on its way."""

    def __init__(
        self, backend: Backend, typical_seconds: float, *, seed: int = 0, callers: int = 1
    ) -> None:
        """
        Args:
            typical_seconds: that a batch takes there, until some were sent.
            seed: another one for each caller, so that they do not all do the same at once.
            callers: how many send to the backend, this one included.

        Raises:
            InvalidBackend: no callers, or batches that take no time.
        """
        if callers < 1 or typical_seconds <= 0.0:
            raise InvalidBackend(f"backend {backend.name}: it needs a caller and seconds > 0")
        self.backend = backend
        self._typical = typical_seconds
        self._outstanding = Outstanding(backend.capacity)
        self._reported = ReportedQueue(seed, backend.name, callers)
        self._correction = Correction()
        self._back_off = BackOff(seed, backend.name)
        self._concurrency = Concurrency()
        self._allotted = _allotted(backend, seed, callers)

    def sent(self, request: int, seconds: float, now: float) -> None:
        """A batch went there; `seconds`: what it will take once it began."""
        self._outstanding.send(request, Sent(now, seconds, self._raw_wait(now)))
        self._reported.sent()
        self._typical += TYPICAL_WEIGHT * (seconds - self._typical)
        self._concurrency.set(self._running, now)

    def answered(self, request: int, seconds: float, now: float) -> float:
        """A batch came back after `seconds` on the backend, waiting included.

        Returns:
            What of that it took itself, as far as can be told: without the predicted wait. No less
            than `seconds` over the largest correction. All of it, for a request that is not known.
        """
        sent = self._ended(request, now)
        self._back_off.answered()
        if sent is None:
            return seconds
        waited = _corrected(sent.waits, sent.seconds, self._correction.ratio(now))
        self._correction.observe(sent.waits + sent.seconds, seconds, now)
        return max(seconds - waited, seconds / MOST)

    def failed(self, request: int, now: float) -> None:
        """A batch was refused, or there was no answer: the backend is left alone for a while."""
        self._ended(request, now)
        self._back_off.refused(now)

    def forgotten(self, request: int, now: float) -> None:
        """A batch is not waited for, or nothing is to be learned from its answer."""
        self._ended(request, now)

    def told(self, queued: int, now: float) -> None:
        """The backend said how many batches wait there, of all callers."""
        self._reported.told(queued - self._outstanding.waiting, now)

    def wait(self, now: float) -> float:
        """Seconds until a batch that is sent now would begin."""
        return _corrected(self._raw_wait(now), self._typical, self._correction.ratio(now))

    def own_wait(self, now: float) -> float:
        """Of that, what this caller's own batches take. Whoever waits for others stands in line;
        whoever waits for himself can as well wait before he sends."""
        return self._outstanding.wait(now)

    def expected_wait(self, request: int, now: float) -> float:
        """Seconds that a batch on its way has waited, or will, before it begins; 0 for one that is
        not known."""
        sent = self._outstanding.find(request)
        if sent is None:
            return 0.0
        return _corrected(sent.waits, sent.seconds, self._correction.ratio(now))

    def is_open(self, now: float) -> bool:
        """Whether one more batch should go there: it refused none lately, its queue is not full,
        and this caller has not more there than its share of what it takes."""
        count = len(self._outstanding)
        if count >= self._allotted or not self._back_off.is_over(now):
            return False
        waiting: float = count - self.backend.capacity
        if self._reported:
            waiting = max(0.0, waiting) + self._reported.batches(now, self._per_second)
        return waiting < max(1, self.backend.queue_bound)

    def running(self, now: float) -> float:
        """Batches of this caller that it has at once, on average lately."""
        return self._concurrency.at(now)

    @property
    def outstanding(self) -> int:
        """Batches of this caller that were not answered."""
        return len(self._outstanding)

    @property
    def _per_second(self) -> float:
        return self.backend.capacity / self._typical

    @property
    def _running(self) -> int:
        return len(self._outstanding) - self._outstanding.waiting

    def _ended(self, request: int, now: float) -> Sent | None:
        sent = self._outstanding.end(request, now)
        self._concurrency.set(self._running, now)
        return sent

    def _raw_wait(self, now: float) -> float:
        wait = self._outstanding.wait(now)
        if self._reported:
            wait += self._reported.batches(now, self._per_second) / self._per_second
        return wait


def _corrected(wait: float, seconds: float, ratio: float) -> float:
    """The ratio is that of the whole stay, so that a wait of nothing can be corrected too."""
    return wait if ratio == 1.0 else max(0.0, ratio * (wait + seconds) - seconds)


def _allotted(backend: Backend, seed: int, callers: int) -> int:
    """Batches that this caller may have there: its share of those that run and wait. What is left
    over goes to some of the callers, by their seeds; each has one at least."""
    all_together = backend.capacity + backend.queue_bound
    share, left = divmod(all_together, callers)
    return max(1, share + (fraction(seed, backend.name, "share") * callers < left))
