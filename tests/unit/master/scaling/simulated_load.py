"""A pipeline under a load, in virtual time: workers that start, a buffer, and the decisions."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from framemesh.core.pipeline.spec import ObjectiveSpec, PipelineSpec, StageSpec, WorkersSpec
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.scaling.measure import BufferCount
from framemesh.master.scaling.policy import DEFAULT_POLICY
from framemesh.master.scaling.scaling_store import Scaled
from framemesh.master.scaling.watched_pipeline import WatchedPipeline
from tests.hand_clock import HandClock

STEP = 0.05
"""Seconds of virtual time in which all is constant."""


@dataclass
class SimulatedPipeline:
    """Frames come at `load` a second, and each ready worker does `rate`."""

    load: Callable[[float], float]
    """Frames a second at a time in seconds."""
    workers: WorkersSpec
    rate: float = 20.0
    start_seconds: float = 2.5
    seed: int = 1
    scaled: Scaled | None = None

    decisions: list[tuple[float, int, str]] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    """The age in seconds of frames at their outcome, as (when, age)."""
    worker_seconds: float = 0.0

    def run(self, seconds: float) -> None:
        clock, dice = HandClock(0.0), random.Random(self.seed)  # noqa: S311
        spec = PipelineSpec("street", (StageSpec("people", "person", 1),), workers=self.workers)
        scaled = self.scaled or Scaled(self.workers.min)
        watched = WatchedPipeline(scaled, clock, DEFAULT_POLICY)
        starts = {f"w{number}": -100.0 for number in range(watched.scaled.replicas)}
        queue: list[float] = []
        arrived, budget, made, due = 0, 0.0, len(starts), 0.0
        while clock.seconds < seconds:
            now = clock.seconds
            for _ in range(_poisson(dice, self.load(now) * STEP)):
                arrived += 1
                queue.append(now)
            ready = [name for name, since in starts.items() if since + self.start_seconds <= now]
            budget = min(budget + len(ready) * self.rate * STEP, max(1.0, len(queue)))
            while queue and budget >= 1:
                budget -= 1
                self.ages.append((now, now - queue.pop(0) + 1 / self.rate))
            self.worker_seconds += len(starts) * STEP
            if now >= due:
                due = now + DEFAULT_POLICY.sample
                watched.observed("street", _state(starts, ready))
                watched.counted(BufferCount(arrived, len(queue)), spec)
                decision = watched.decision(spec)
                watched.scaled = watched.after(decision)
                if decision is not None:
                    self.decisions.append((now, decision.replicas, decision.reason))
                    while len(starts) < decision.replicas:
                        starts[f"w{made}"] = now
                        made += 1
                    for name in list(starts)[decision.replicas :]:
                        del starts[name]
            clock.seconds = round(clock.seconds + STEP, 6)
        self.pending = len(queue)
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


def _state(starts: dict[str, float], ready: list[str]) -> FleetState:
    return FleetState(
        tuple(
            Replica(
                name,
                "street",
                1,
                "east",
                WorkerState.READY if name in ready else WorkerState.STARTING,
            )
            for name in starts
        )
    )


def _poisson(dice: random.Random, mean: float) -> int:
    count, left = 0, dice.expovariate(1.0)
    while left < mean:
        count += 1
        left += dice.expovariate(1.0)
    return count
