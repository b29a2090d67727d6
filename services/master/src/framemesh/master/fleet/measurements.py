"""What the master that leads measures of workers and nodes, by what each of its rounds sees."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from framemesh.core.metrics.mesh import LEADING, NODES, WORKER_RESTARTS, WORKERS
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.fleet.port import FleetState
from framemesh.master.fleet.reconciler import Watcher
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.metrics.meter import Meter, Readings


@dataclass(frozen=True, slots=True)
class _Round:
    pipelines: Pipelines
    state: FleetState
    cordoned: frozenset[str]


class FleetMeasurements:
    """While another master leads, this one tells nothing of the fleet."""

    def __init__(self, meter: Meter, wanted: Callable[[PipelineSpec], int]) -> None:
        """`wanted`: how many workers a pipeline should have now."""
        self._meter = meter
        self._wanted = wanted
        self._leading = False
        self._last: _Round | None = None
        self._restarts: dict[str, int] = {}
        """By worker, as they were seen last."""
        meter.observe(LEADING, lambda: {(): self._leading})
        meter.observe(WORKERS, self._workers)
        meter.observe(NODES, self._nodes)

    @contextmanager
    def leading(self) -> Iterator[None]:
        """This master leads while the context lasts."""
        self._leading = True
        try:
            yield
        finally:
            self._leading, self._last = False, None
            self._restarts.clear()

    def watching(self, next_watcher: Watcher) -> Watcher:
        """Takes note of each round, and hands it on."""
        return _Watching(self, next_watcher)

    def observed(self, pipelines: Pipelines, state: FleetState, cordoned: Collection[str]) -> None:
        """Take note of what a round sees."""
        self._last = _Round(pipelines, state, frozenset(cordoned))
        before, self._restarts = self._restarts, {}
        for worker in state.replicas:
            # What a worker did before it was seen first was counted by the leader before.
            more = worker.restarts - before.get(worker.id, worker.restarts)
            self._meter.counter(WORKER_RESTARTS, worker.pipeline).add(max(0, more))
            self._restarts[worker.id] = worker.restarts

    def _workers(self) -> Readings:
        if self._last is None:
            return {}
        ready = Counter(each.pipeline for each in self._last.state.replicas if each.ready)
        found: dict[tuple[str, ...], float] = {}
        for name, stored in self._last.pipelines.items():
            found[name, "wanted"] = self._wanted(stored.spec)
            found[name, "ready"] = ready[name]
        return found

    def _nodes(self) -> Readings:
        if self._last is None:
            return {}
        nodes, cordoned = self._last.state.nodes, self._last.cordoned
        return {("open",): len(nodes - cordoned), ("cordoned",): len(nodes & cordoned)}


@dataclass(frozen=True, slots=True)
class _Watching:
    measurements: FleetMeasurements
    next_watcher: Watcher

    def observed(self, pipelines: Pipelines, state: FleetState, cordoned: Collection[str]) -> None:
        self.measurements.observed(pipelines, state, cordoned)
        self.next_watcher.observed(pipelines, state, cordoned)
