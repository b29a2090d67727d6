"""One pipeline whose number of workers follows its load."""

from dataclasses import astuple, dataclass, replace

from framemesh.core.clock import NANO, Clock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.fleet.port import FleetState
from framemesh.master.scaling.backlog import Backlog, BacklogSample
from framemesh.master.scaling.capacity import Capacity, measured_rate, rate_of_one
from framemesh.master.scaling.decision import Bounds, Decision, Situation, decide
from framemesh.master.scaling.measure import BufferCount
from framemesh.master.scaling.peak import Peak
from framemesh.master.scaling.policy import ScalingPolicy
from framemesh.master.scaling.scaling_store import Scaled

MOVED = 0.05
"""What was learned is stored again when it has changed by so much of itself."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the number of workers is chosen by; None: not measured yet."""

    pending_frames: int
    growth: float | None
    """d(backlog)/dt, in frames a second."""
    arriving_per_second: float | None
    capacity: Capacity


class WatchedPipeline:
    """Its backlog over the last seconds, what was learned of its workers, and what follows."""

    def __init__(self, scaled: Scaled, clock: Clock, policy: ScalingPolicy) -> None:
        self.scaled = scaled
        self._clock = clock
        self._policy = policy
        self._capacity = scaled.capacity
        self.backlog = Backlog(max(policy.trend_window, policy.peak_window))
        self._peak: Peak | None = None
        self._ready = 0
        self._learned_at = 0.0
        self._starting: dict[str, float] = {}
        """When workers that are not ready yet were seen first, by id."""

    @property
    def load(self) -> Load | None:
        """None: it was not counted yet."""
        now = self.backlog.now
        if now is None:
            return None
        return Load(
            now.pending,
            self.backlog.growth(self._policy.growth_window),
            self.backlog.arriving(self._policy.growth_window),
            self._capacity,
        )

    def observed(self, name: str, state: FleetState) -> None:
        """Take note of which of its workers are ready."""
        replicas, now = state.of(name), self._clock.monotonic()
        self._ready = sum(each.ready for each in replicas)
        for each in replicas:
            if each.ready and (since := self._starting.pop(each.id, None)) is not None:
                self._capacity = self._capacity.with_start(now - since, self._policy.blend)
        there = {each.id for each in replicas if not each.ready}
        self._starting = {id_: self._starting.get(id_, now) for id_ in there}

    def counted(self, count: BufferCount, spec: PipelineSpec) -> None:
        """Take note of what its buffer holds."""
        now, policy = self._clock.monotonic(), self._policy
        self.backlog.add(BacklogSample(now, count.arrived, count.pending, self._ready))
        seconds = spec.workers.shrink_after.total_seconds()
        if self._peak is None or self._peak.seconds != seconds:
            self._peak = Peak(seconds)
        self._peak.add(now, self.backlog.arriving(policy.peak_window) or 0.0)
        if now - self._learned_at >= policy.capacity_window:
            self._learn(now)

    def _learn(self, now: float) -> None:
        seconds = self._policy.capacity_window
        if proof := rate_of_one(self.backlog, seconds):
            self._learned_at = now
            self._capacity = self._capacity.with_proof(proof)
        if rate := measured_rate(self.backlog, seconds):
            self._capacity = self._capacity.with_rate(rate, self._policy.blend)

    def decision(self, spec: PipelineSpec) -> Decision | None:
        """What should change now."""
        peak = self._peak.highest(self._clock.monotonic()) if self._peak else None
        since = (self._clock.unix_nano() - self.scaled.changed_unix_nano) / NANO
        situation = Situation(
            self.backlog, peak, self._capacity, self.scaled.replicas, max(0.0, since)
        )
        return decide(bounds_of(spec), situation, self._policy)

    def after(self, decision: Decision | None) -> Scaled:
        """What is to be stored now: as it was, unless something changed that matters."""
        if decision is not None:
            return Scaled(decision.replicas, self._clock.unix_nano(), self._capacity)
        before, now = astuple(self.scaled.capacity), astuple(self._capacity)
        if any(_moved(*pair) for pair in zip(before, now, strict=True)):
            return replace(self.scaled, capacity=self._capacity)
        return self.scaled


def bounds_of(spec: PipelineSpec) -> Bounds:
    workers, fresh = spec.workers, spec.delivery.fresh
    age = workers.objective.age_p99
    shards = spec.buffer.total_shards if spec.delivery.camera_affinity else workers.most
    return Bounds(
        workers.min,
        max(workers.min, min(workers.most, shards)),
        # A frame that expires earlier is lost to the objective, too.
        min(age, fresh.max_age if fresh else age).total_seconds(),
        workers.shrink_after.total_seconds(),
    )


def _moved(stored: float | None, now: float | None) -> bool:
    if stored is None or now is None:
        return stored is not now
    return abs(now - stored) > MOVED * stored
