"""What was learned of the workers of a pipeline: what one does, and how long it takes to start."""

from dataclasses import dataclass, replace

from framemesh.master.scaling.backlog import Backlog

BUSY_SECONDS = 0.5
"""Workers have enough to do while so much work waits: each has a full batch then."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Of one worker among those that run; None: never seen."""

    rate: float | None = None
    """Frames a second, with enough to do."""
    proven_rate: float | None = None
    """The most frames a second that one was seen to do."""
    start_seconds: float | None = None
    """From the decision until it is ready."""

    def with_rate(self, measured: float, blend: float) -> "Capacity":
        return replace(self, rate=_blended(self.rate, measured, blend))

    def with_proof(self, measured: float) -> "Capacity":
        return replace(self, proven_rate=max(self.proven_rate or 0.0, measured))

    def with_start(self, measured: float, blend: float) -> "Capacity":
        return replace(self, start_seconds=_blended(self.start_seconds, measured, blend))


UNKNOWN = Capacity()


def measured_rate(backlog: Backlog, seconds: float) -> float | None:
    """Frames a second of one worker over the last `seconds`; None while that cannot be told: some
    had nothing to do, or came or went."""
    rate = rate_of_one(backlog, seconds)
    if rate is None:
        return None
    samples = backlog.last(seconds)
    busy = (BUSY_SECONDS * rate + 1) * samples[0].ready_workers
    return rate if all(sample.pending >= busy for sample in samples) else None


def rate_of_one(backlog: Backlog, seconds: float) -> float | None:
    """Frames a second that one worker did, whether it had enough to do or not; None while some came
    or went."""
    samples = backlog.last(seconds)
    processed = backlog.processed(seconds)
    if not processed or processed <= 0:
        return None
    workers = samples[0].ready_workers
    if not workers or any(sample.ready_workers != workers for sample in samples):
        return None
    return processed / workers


def _blended(known: float | None, measured: float, blend: float) -> float:
    return measured if known is None else known + blend * (measured - known)
