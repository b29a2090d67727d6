"""Gives each pipeline the number of workers that its load needs."""

import asyncio
from collections.abc import Collection, Coroutine, Iterator, Mapping
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.metrics.mesh import SCALER_DECISIONS
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.fleet.port import FleetState
from framemesh.master.fleet.reconciler import Leadership, PipelineSource
from framemesh.master.history.events import EventKind, Events
from framemesh.master.scaling.measure import BufferCounter
from framemesh.master.scaling.node_survey import AlikeNodes, Survey
from framemesh.master.scaling.policy import DEFAULT_POLICY, ScalingPolicy
from framemesh.master.scaling.scaling_store import Scaled, ScaledElsewhere, ScalingStore
from framemesh.master.scaling.watched_pipeline import WatchedPipeline, bounds_of
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import NO_METER, Meter

log = get_logger()

ALIKE_NODES = AlikeNodes()


class Autoscaler:
    """Watches the buffers of pipelines whose number of workers may change.

    A decision is stored before it is acted on: the next leader has it, too.
    """

    def __init__(
        self,
        broker: Broker,
        store: ScalingStore,
        *,
        changed: asyncio.Event,
        events: Events,
        clock: Clock,
        survey: Survey = ALIKE_NODES,
        policy: ScalingPolicy = DEFAULT_POLICY,
        meter: Meter = NO_METER,
    ) -> None:
        """
        Args:
            changed: set after every decision, for those who bring it about.
            events: gets every decision with its reason.
            survey: tells of the nodes, where workers on one do more or cost less.
        """
        self._broker = broker
        self._store = store
        self._changed = changed
        self._events = events
        self._clock = clock
        self._survey = survey
        self._policy = policy
        self._meter = meter
        self._watched: dict[str, WatchedPipeline] = {}
        self._counters: dict[str, BufferCounter] = {}
        self._stored: dict[str, Scaled] = {}
        """What was stored of every pipeline, watched or not."""
        self._troubled: set[str] = set()
        """Pipelines of which it was told that they cannot be scaled."""
        self._busy: set[str] = set()
        """Pipelines with a step that the broker has not answered yet: one at a time of each."""

    def replicas(self, spec: PipelineSpec) -> int:
        """How many workers a pipeline should have now."""
        scaled = self._stored.get(spec.name)
        bounds = bounds_of(spec)
        return min(bounds.most, max(bounds.least, scaled.replicas if scaled else 0))

    def preferred(self, spec: PipelineSpec) -> Mapping[str, int]:
        """How many workers each node should have; empty where that does not matter."""
        scaled = self._stored.get(spec.name)
        if scaled is None or sum(scaled.nodes.values()) != self.replicas(spec):
            return {}
        return scaled.nodes if spec.workers.scales else {}

    def watched(self, name: str) -> WatchedPipeline | None:
        """What is known of the load of a pipeline; None: it is not scaled."""
        return self._watched.get(name)

    def observed(self, state: FleetState) -> None:
        """Take note of which workers are ready."""
        for name, watched in self._watched.items():
            watched.observed(name, state)

    async def load(self) -> None:
        """Read what the last leader decided and learned.

        Raises:
            BrokerUnavailable: the broker does not answer in time.
        """
        self._watched.clear()
        self._counters.clear()
        self._stored = await self._store.all()

    async def run(self, pipelines: PipelineSource, leadership: Leadership) -> NoReturn:
        """Decide again and again, until cancelled."""
        self._busy.clear()
        async with TaskGroup() as tasks:
            while True:
                if leadership.certain:
                    await self._begin_looks(pipelines, leadership, tasks)
                await asyncio.sleep(self._policy.sample)

    async def look(self, pipelines: PipelineSource, leadership: Leadership) -> None:
        """Look at all pipelines once, and store what follows."""
        async with TaskGroup() as tasks:
            await self._begin_looks(pipelines, leadership, tasks)

    async def _begin_looks(
        self, pipelines: PipelineSource, leadership: Leadership, tasks: TaskGroup
    ) -> None:
        known = await pipelines.known()
        for name, step in self._steps(known, pipelines.unreadable, leadership):
            self._busy.add(name)
            tasks.create_task(self._tried(name, step))

    def _steps(
        self, pipelines: Pipelines, unreadable: Collection[str], leadership: Leadership
    ) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
        """What is to be done now, by pipeline, without those that are busy."""
        for name, stored in sorted(pipelines.items()):
            if not stored.spec.workers.scales:
                self._unwatch(name)
            elif name not in self._busy:
                yield name, self._look(name, stored, leadership)
        # What cannot be read is still there, and will have as many workers when it can.
        there = pipelines.keys() | {*unreadable}
        for name in (self._watched.keys() | self._stored.keys()) - there:
            self._unwatch(name)
            if name in self._stored and name not in self._busy:
                yield name, self._forget(name)
        self._troubled &= there | self._stored.keys()

    async def _tried(self, name: str, step: Coroutine[None, None, None]) -> None:
        """A pipeline that cannot be scaled now holds up no other."""
        try:
            await step
            self._troubled.discard(name)
        except FramemeshError as error:
            if name not in self._troubled:
                log.warning("cannot scale, will try again", pipeline=name, why=str(error))
            self._troubled.add(name)
        finally:
            self._busy.discard(name)

    async def _forget(self, name: str) -> None:
        await self._store.remove(name, self._stored[name])
        del self._stored[name]

    async def _look(self, name: str, stored: StoredPipeline, leadership: Leadership) -> None:
        spec = stored.spec
        watched = self._watched.get(name)
        if watched is None:
            scaled = self._stored.get(name) or Scaled(self.replicas(spec))
            watched = self._watched[name] = WatchedPipeline(scaled, self._clock, self._policy)
            self._counters[name] = BufferCounter(self._broker)
            # Which of its workers are ready is told by the next round of the reconciler.
            self._changed.set()
        await self._survey.ask(watched, stored)
        watched.counted(await self._counters[name].count(stored), spec)
        decision = watched.decision(spec)
        scaled = watched.after(decision)
        # While the broker was asked, another master may have begun to lead: the number is its own.
        if scaled == watched.scaled or not leadership.certain:
            return
        before = watched.scaled.replicas
        try:
            scaled = await self._store.put(name, scaled)
        except ScaledElsewhere:
            scaled = await self._store.get(name) or Scaled(before)
            watched.scaled = self._stored[name] = scaled
            self._changed.set()
            raise
        watched.scaled = self._stored[name] = scaled
        if decision is not None:
            direction = "up" if decision.replicas > before else "down"
            if decision.replicas != before:
                self._meter.counter(SCALER_DECISIONS, name, direction).add()
            change = f"{_change(before, decision.replicas)}: {decision.reason}"
            log.info("pipeline scaled", pipeline=name, change=change)
            self._events.record(name, EventKind.SCALED, change)
            self._changed.set()

    def _unwatch(self, name: str) -> None:
        self._watched.pop(name, None)
        self._counters.pop(name, None)


def _change(before: int, after: int) -> str:
    if before != after:
        return f"{before} -> {after} workers"
    return "1 worker on another node" if after == 1 else f"{after} workers on other nodes"
