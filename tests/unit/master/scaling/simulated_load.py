"""A pipeline under a load, in virtual time: workers that start, a buffer, and the decisions."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from framemesh.core.pipeline.spec import ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.scaling.measure import BufferCount
from framemesh.master.scaling.offers import Offer
from framemesh.master.scaling.policy import DEFAULT_POLICY
from framemesh.master.scaling.scaling_store import Scaled
from framemesh.master.scaling.watched_pipeline import WatchedPipeline
from tests.hand_clock import HandClock

STEP = 0.05
"""Seconds of virtual time in which all is constant."""


@dataclass(frozen=True)
class SimulatedNode:
    rate: float
    """Frames a second of one worker."""
    price: float = 0.0
    """Of one worker, an hour."""
    places: int = 8


@dataclass
class SimulatedPipeline:
    """Frames come at `load` a second, and each ready worker does `rate`."""

    load: Callable[[float], float]
    """Frames a second at a time in seconds."""
    workers: WorkersSpec
    rate: float = 20.0
    start_seconds: float = 2.5
    slowed_by_starts: float = 1.0
    """What is left of `rate` while another worker starts on the same CPUs."""
    seed: int = 1
    scaled: Scaled | None = None
    nodes: Mapping[str, SimulatedNode] = field(default_factory=dict)
    """Of unlike speed or price; none: one on which every worker does `rate`."""
    blind: bool = False
    """Workers are spread over the nodes, whatever those do and cost."""
    holds: int = 1_000_000
    """Frames that its buffer takes; cameras wait while it is full."""
    queued: int = 0
    """That wait from the beginning."""

    decisions: list[tuple[float, int, str]] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    """The age in seconds of frames at their outcome, as (when, age)."""
    worker_seconds: float = 0.0
    price: float = 0.0
    """Of all workers, for the time that they were there."""

    def run(self, seconds: float) -> None:
        clock, dice = HandClock(0.0), random.Random(self.seed)  # noqa: S311
        spec = PipelineSpec("street", (StageSpec("people", "person", 1),), workers=self.workers)
        scaled = self.scaled or Scaled(self.workers.min)
        watched = WatchedPipeline(scaled, clock, DEFAULT_POLICY)
        watched.offers = () if self.blind else offers(self.nodes)
        there = _Workers(self.nodes, self.rate)
        there.change(watched.scaled.replicas, watched.scaled.nodes, since=-100.0)
        queue: list[float] = [0.0] * self.queued
        arrived, budget, due = 0, 0.0, 0.0
        while clock.seconds < seconds:
            now = clock.seconds
            for _ in range(min(_poisson(dice, self.load(now) * STEP), self.holds - len(queue))):
                arrived += 1
                queue.append(now)
            ready = there.started_before(now - self.start_seconds)
            rate = sum(there.rate(name) for name in ready)
            rate *= self.slowed_by_starts if len(ready) < len(there.node) else 1.0
            budget = min(budget + rate * STEP, max(1.0, len(queue)))
            while queue and budget >= 1:
                budget -= 1
                self.ages.append((now, now - queue.pop(0) + 1 / self.rate))
            self.worker_seconds += len(there.node) * STEP
            self.price += there.price * STEP / 3600
            if now >= due:
                due = now + DEFAULT_POLICY.sample
                watched.observed("street", there.state(ready))
                if not self.blind:
                    watched.told({name: there.speed(name, len(queue)) for name in ready})
                watched.counted(BufferCount(arrived, len(queue)), spec)
                decision = watched.decision(spec)
                watched.scaled = watched.after(decision)
                if decision is not None:
                    self.decisions.append((now, decision.replicas, decision.reason))
                    there.change(decision.replicas, decision.nodes, since=now)
            clock.seconds = round(clock.seconds + STEP, 6)
        self.pending = len(queue)
        self.on_nodes = there.on_nodes
        self.capacity = watched.load.capacity if watched.load else None

    def late(self, age: float) -> float:
        """The part of the frames that were older."""
        return sum(each > age for _, each in self.ages) / max(1, len(self.ages))

    def replicas(self) -> list[int]:
        return [replicas for _, replicas, _ in self.decisions]

    def changes_of_direction(self) -> int:
        numbers = [self.workers.min, *self.replicas()]
        steps = [after - before for before, after in pairwise(numbers)]
        return sum(one * next_ < 0 for one, next_ in pairwise(steps))


def workers(
    least: int, most: int, age_seconds: float = 2.0, shrink_seconds: float = 30.0
) -> WorkersSpec:
    return WorkersSpec(
        min=least,
        max=most,
        objective=ObjectiveSpec(timedelta(seconds=age_seconds)),
        shrink_after=timedelta(seconds=shrink_seconds),
    )


def offers(nodes: Mapping[str, SimulatedNode]) -> tuple[Offer, ...]:
    return tuple(
        Offer(name, node.places, node.price, kind=name) for name, node in sorted(nodes.items())
    )


class _Workers:
    """Those that there are, which go where a decision says."""

    def __init__(self, nodes: Mapping[str, SimulatedNode], rate: float) -> None:
        self._nodes = nodes or {"east": SimulatedNode(rate)}
        self._made = 0
        self.node: dict[str, str] = {}
        """By name, the oldest first."""
        self._since: dict[str, float] = {}

    def change(self, replicas: int, nodes: Mapping[str, int], since: float) -> None:
        wanted = nodes or self._spread(replicas)
        for node, count in {**dict.fromkeys(self._nodes, 0), **wanted}.items():
            here = [name for name, where in self.node.items() if where == node]
            for name in here[count:]:
                del self.node[name], self._since[name]
            for _ in range(count - len(here)):
                self.node[f"w{self._made}"], self._since[f"w{self._made}"] = node, since
                self._made += 1

    def _spread(self, replicas: int) -> dict[str, int]:
        """As many on each node as evenly as it goes."""
        names = sorted(self._nodes)
        return {
            name: replicas // len(names) + (at < replicas % len(names))
            for at, name in enumerate(names)
        }

    @property
    def on_nodes(self) -> Counter[str]:
        return Counter(self.node.values())

    @property
    def price(self) -> float:
        """An hour."""
        return sum(self._nodes[node].price for node in self.node.values())

    def rate(self, name: str) -> float:
        return self._nodes[self.node[name]].rate

    def speed(self, name: str, pending: int) -> WorkerSpeed:
        """What it would say of itself: all have enough to do, or no one does."""
        return WorkerSpeed(round(60 * self.rate(name)), saturated=pending > len(self.node))

    def started_before(self, moment: float) -> list[str]:
        return [name for name, since in self._since.items() if since <= moment]

    def state(self, ready: list[str]) -> FleetState:
        return FleetState(
            tuple(
                Replica(
                    name,
                    "street",
                    1,
                    node,
                    WorkerState.READY if name in ready else WorkerState.STARTING,
                )
                for name, node in self.node.items()
            )
        )


def _poisson(dice: random.Random, mean: float) -> int:
    count, left = 0, dice.expovariate(1.0)
    while left < mean:
        count += 1
        left += dice.expovariate(1.0)
    return count
