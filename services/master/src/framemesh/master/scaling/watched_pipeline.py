"""One pipeline whose number of workers follows its load."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace

from framemesh.core.clock import NANO, Clock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.scaling.backlog import Backlog, BacklogSample
from framemesh.master.scaling.capacity import Capacity, measured_rate, rate_of_one
from framemesh.master.scaling.cheapest import Candidate
from framemesh.master.scaling.decision import Bounds, Decision, Situation, decide
from framemesh.master.scaling.measure import BufferCount
from framemesh.master.scaling.node_rates import learned, moved
from framemesh.master.scaling.offers import Offer, candidates
from framemesh.master.scaling.peak import Peak
from framemesh.master.scaling.policy import ScalingPolicy
from framemesh.master.scaling.scaling_store import Scaled

SETTLED_AFTER = 3.0
"""Of the time that a worker needs to start: one that is not ready by then is in trouble, and takes
nothing from the others any more."""

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
        self._rates = scaled.rates
        self._workers: tuple[Replica, ...] = ()
        """Those that there are, without those that stop."""
        self.offers: Sequence[Offer] = ()
        """Of the nodes that take its workers."""
        self.surveyed_at = -math.inf
        """When those were asked for, and what its workers say."""
        self._displaced = False
        """Some of its workers have no place."""
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
        self._workers = tuple(each for each in replicas if each.state is not WorkerState.STOPPING)
        self._displaced = name in state.unplaced
        self._ready = sum(each.ready for each in replicas)
        for each in replicas:
            if each.ready and (since := self._starting.pop(each.id, None)) is not None:
                self._capacity = self._capacity.with_start(now - since, self._policy.blend)
        there = {each.id for each in replicas if not each.ready}
        self._starting = {id_: self._starting.get(id_, now) for id_ in there}

    @property
    def rates(self) -> dict[str, float]:
        """Frames a second of one worker on each node, as far as they are known."""
        return {node: each.frames_per_second for node, each in self._rates.items()}

    def told(self, speeds: Mapping[str, WorkerSpeed]) -> None:
        """Take note of what its workers say of their speed, by their ids."""
        self._rates = learned(self._rates, speeds, self._workers)

    def counted(self, count: BufferCount, spec: PipelineSpec) -> None:
        """Take note of what its buffer holds."""
        now, policy = self._clock.monotonic(), self._policy
        self.backlog.add(BacklogSample(now, count.arrived, count.pending, self._ready))
        seconds = spec.workers.shrink_after.total_seconds()
        if self._peak is None or self._peak.seconds != seconds:
            self._peak = Peak(seconds)
        self._peak.add(now, self.backlog.arriving(policy.peak_window) or 0.0)
        if not self._settling(now):
            self._learn(now)

    def _settling(self, now: float) -> bool:
        """Whether workers start that may have the CPUs of the others for it: what these do
        meanwhile is not their rate, and to learn it would start still more."""
        seconds = SETTLED_AFTER * (self._capacity.start_seconds or self._policy.start)
        return any(now - since < seconds for since in self._starting.values())

    def _learn(self, now: float) -> None:
        policy = self._policy
        if self._capacity.rate is None and (
            first := measured_rate(self.backlog, policy.growth_window)
        ):
            # Nothing is decided without a rate, so the first one is not waited for.
            self._learned_at = now
            self._capacity = self._capacity.with_rate(first, policy.blend)
        if now - self._learned_at < policy.capacity_window:
            return
        if proof := rate_of_one(self.backlog, policy.capacity_window):
            self._learned_at = now
            self._capacity = self._capacity.with_proof(proof)
        if rate := measured_rate(self.backlog, policy.capacity_window):
            self._capacity = self._capacity.with_rate(rate, policy.blend)

    def decision(self, spec: PipelineSpec) -> Decision | None:
        """What should change now."""
        peak = self._peak.highest(self._clock.monotonic()) if self._peak else None
        since = (self._clock.unix_nano() - self.scaled.changed_unix_nano) / NANO
        situation = Situation(
            self.backlog,
            peak,
            self._capacity,
            self.scaled.replicas,
            max(0.0, since),
            self._candidates(),
        )
        return decide(bounds_of(spec), situation, self._policy)

    def _candidates(self) -> tuple[Candidate, ...]:
        running = Counter(each.node for each in self._workers if each.node)
        if running.total() == self.scaled.replicas:
            there: Mapping[str, int] = running
        elif self.scaled.nodes:
            # Those that were decided on and are not there yet count as if they were.
            there = self.scaled.nodes
        else:
            return ()
        rates, by_now = self.rates, self._correction()
        now = {node: rate * by_now for node, rate in rates.items()}
        return candidates(self.offers, now, there, self._capacity.rate)

    def _correction(self) -> float:
        """What all workers do now, as a part of what they are known to do. One is slower beside
        others on its node, and those who say what they do at least may be faster: which is seen
        while all have enough to do."""
        if self._settling(self._clock.monotonic()):
            return 1.0
        measured = measured_rate(self.backlog, self._policy.capacity_window)
        rates = [self.rates.get(each.node) for each in self._workers if each.ready]
        known = [rate for rate in rates if rate]
        if not measured or not known or len(known) < len(rates):
            return 1.0
        return measured * len(known) / sum(known)

    def after(self, decision: Decision | None) -> Scaled:
        """What is to be stored now: as it was, unless something changed that matters."""
        if decision is not None:
            now = self._clock.unix_nano()
            return replace(
                self.scaled,
                replicas=decision.replicas,
                changed_unix_nano=now,
                capacity=self._capacity,
                nodes=decision.nodes,
                rates=self._rates,
            )
        if self._displaced and self.scaled.nodes:
            # Wherever there is room: another choice is made later, by what is there then.
            now = self._clock.unix_nano()
            return replace(self.scaled, changed_unix_nano=now, nodes={})
        before, after = astuple(self.scaled.capacity), astuple(self._capacity)
        changed = any(_moved(*pair) for pair in zip(before, after, strict=True))
        if changed or moved(self.scaled.rates, self._rates):
            return replace(self.scaled, capacity=self._capacity, rates=self._rates)
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
