"""How many workers a pipeline should have now.

The rule is that of the derivative of the backlog (DiPLIP, Electronics 9(10):1664, 2020), with two
more terms: what is late by now over the time in which it should be gone, and what will be late by
the time that a new worker has started. Workers that start count as capacity to come.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framemesh.master.scaling.backlog import Backlog, BacklogSample
from framemesh.master.scaling.capacity import Capacity
from framemesh.master.scaling.cheapest import Candidate
from framemesh.master.scaling.policy import ScalingPolicy
from framemesh.master.scaling.unlike_workers import UnlikeWorkers
from framemesh.master.scaling.workforce import AlikeWorkers, Choice, Workforce

NOTICEABLE = 0.02
"""Growth of less than so much of what arrives is none."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the owner of a pipeline allows and wants."""

    least: int
    most: int
    """Also: no more than there are shards, where each is drawn by one worker."""
    age_seconds: float
    """The objective: the age of a frame at its outcome that one of 100 may exceed."""
    shrink_seconds: float
    """For how long fewer workers must be enough before some are stopped."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a pipeline at one moment."""

    backlog: Backlog
    peak: float | None
    """The most frames a second that arrived in `Bounds.shrink_seconds`; None: not watched for so
    long."""
    capacity: Capacity
    replicas: int
    """Workers that it should have as of now, those that start included."""
    since_change: float
    """Seconds since that number changed."""
    candidates: Sequence[Candidate] = ()
    """The nodes to choose between; none where they are alike."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Another number of workers, and why, in one line."""

    replicas: int
    reason: str
    nodes: Mapping[str, int] = field(default_factory=dict)
    """How many on each node; empty where that does not matter."""


def decide(bounds: Bounds, situation: Situation, policy: ScalingPolicy) -> Decision | None:
    """The decision to be taken now; None: the number stays as it is."""
    within = min(bounds.most, max(bounds.least, situation.replicas))
    if within != situation.replicas:
        choice = _workforce(bounds, situation, None).exactly(within)
        return _chosen(choice, f"its bounds are {bounds.least} to {bounds.most}")
    now, growth = situation.backlog.now, situation.backlog.growth(policy.growth_window)
    if now is None:
        return None
    if not situation.replicas:
        return _wake(bounds, situation, now, policy)
    if growth is None:
        return None
    state = _State(bounds, situation, now, growth, policy)
    return state.grown() or state.shrunk()


def _wake(
    bounds: Bounds, situation: Situation, now: BacklogSample, policy: ScalingPolicy
) -> Decision | None:
    if not now.pending or not bounds.most:
        return None
    arriving = situation.backlog.arriving(policy.growth_window) or 0.0
    workers = _workforce(bounds, situation, situation.capacity.rate)
    choice = workers.more(arriving / policy.full_utilization) or workers.exactly(1)
    return _chosen(choice, f"{_frames(now.pending)} came in, and there was no worker")


def _workforce(bounds: Bounds, situation: Situation, rate: float | None) -> Workforce:
    """`rate`: of one worker, where all are alike."""
    if situation.candidates:
        return UnlikeWorkers(situation.candidates, bounds.least, bounds.most)
    return AlikeWorkers(rate, situation.replicas, bounds.least, bounds.most)


def _chosen(choice: Choice, why: str) -> Decision:
    return Decision(choice.replicas, f"{why}{choice.note}", choice.nodes)


class _State:
    """One moment, with what follows from it."""

    def __init__(
        self,
        bounds: Bounds,
        situation: Situation,
        now: BacklogSample,
        growth: float,
        policy: ScalingPolicy,
    ) -> None:
        self._bounds, self._situation, self._policy = bounds, situation, policy
        self._now, self._growth = now, growth
        self._arriving = situation.backlog.arriving(policy.growth_window) or 0.0
        self._start = situation.capacity.start_seconds or policy.start

    def grown(self) -> Decision | None:
        workers = _workforce(self._bounds, self._situation, self._situation.capacity.rate)
        rate = workers.rate
        if not rate or not self._arriving:
            return None
        allowed = self._allowed(self._situation.replicas * rate)
        soon_late = self._grows(self._growth) and (
            self._expected(rate, self._arriving - self._noise()) > allowed
        )
        growth = self._growth if soon_late else self._lasting_growth()
        if growth is None and not self._stays_late(rate):
            return None
        late = max(0.0, self._expected(rate, self._arriving) - allowed)
        in_time = self._arriving / self._policy.full_utilization + late / self._policy.catch_up
        choice = workers.more(in_time)
        if choice is None:
            return None
        late_text = f", {_frames(round(late))} would be late by then" if late >= 0.5 else ""
        what = (
            f"{_frames(self._now.pending)} wait and become no fewer"
            if growth is None
            else f"the backlog grows by {growth:.1f} frames/s"
        )
        return _chosen(
            choice,
            f"{what}: {self._arriving:.1f} come in, one worker does {rate:.1f} and starts in"
            f" {self._start:.1f} s{late_text}",
        )

    def shrunk(self) -> Decision | None:
        bounds, peak = self._bounds, self._situation.peak
        if peak is None or self._situation.since_change < bounds.shrink_seconds:
            return None
        seconds = f"for {bounds.shrink_seconds:g} s"
        if not peak and not self._now.pending and not bounds.least:
            return Decision(0, f"{seconds} nothing came in")
        # What one was seen to do without a backlog is a lower bound of what it can do.
        capacity = self._situation.capacity
        workers = _workforce(bounds, self._situation, capacity.rate or capacity.proven_rate)
        choice = workers.fewer(peak / self._policy.spare_utilization)
        waits = self._now.pending > self._now.ready_workers + self._arriving * (
            self._policy.headroom * bounds.age_seconds / 2
        )
        if choice is None or waits:
            return None
        does = f", and one worker does {workers.rate:.1f}" if workers.rate else ""
        return _chosen(choice, f"{seconds} no more than {peak:.1f} frames/s came in{does}")

    def _grows(self, growth: float) -> bool:
        return growth > NOTICEABLE * self._arriving and self._now.pending > self._now.ready_workers

    def _lasting_growth(self) -> float | None:
        """Growth that is too slow to be late soon, but no noise."""
        trend = self._situation.backlog.growth(self._policy.trend_window)
        if trend is None or self._situation.since_change < self._policy.trend_window:
            return None
        waits = self._now.pending > self._allowed(self._arriving) / 4
        return trend if waits and self._grows(trend) else None

    def _stays_late(self, rate: float) -> bool:
        """Whether more waits, and has waited for long, than all workers do within the objective. A
        full buffer does not grow, and cameras that wait for it send no more than is worked off."""
        window, situation = self._policy.trend_window, self._situation
        samples = situation.backlog.last(window)
        if not samples or situation.since_change < window:
            return False
        if self._now.ready_workers < situation.replicas:
            return False
        most = situation.replicas * rate * self._bounds.age_seconds
        falls = -(situation.backlog.growth(window) or 0.0)
        in_time = falls > (self._now.pending - most) / self._policy.catch_up
        return not in_time and all(sample.pending > most for sample in samples)

    def _allowed(self, frames_per_second: float) -> float:
        """The backlog that is worked off in time, with something left of the objective."""
        return frames_per_second * self._bounds.age_seconds * self._policy.headroom

    def _noise(self) -> float:
        """Frames a second by which the arrivals of one window differ at random."""
        return self._policy.noise * math.sqrt(self._arriving / self._policy.growth_window)

    def _expected(self, rate: float, arriving: float) -> float:
        """The backlog when a worker that is added now would be ready."""
        ready, replicas = self._now.ready_workers, self._situation.replicas
        # Those that start already will be ready by then.
        waits = max(0.0, self._start - self._situation.since_change) if ready < replicas else 0.0
        pending = self._now.pending + (arriving - ready * rate) * waits
        pending = max(0.0, pending)
        return max(0.0, pending + (arriving - replicas * rate) * (self._start - waits))


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
