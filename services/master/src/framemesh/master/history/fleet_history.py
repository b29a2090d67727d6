"""Records what happens to workers and nodes, by what successive rounds see."""

from collections.abc import Collection, Iterator

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState
from framemesh.master.history.events import EventKind, Events
from framemesh.master.history.rounds import Change, Round, changes_between
from framemesh.runtime.jetstream.pipeline_feed import Pipelines

MAX_LOST_NODES = 1000
"""That may come back, as many as a master takes; of more, the first are forgotten."""


class FleetHistory:
    """Compares each round with the last one, for as long as one master leads.

    Its first round is where it begins: what is there then was recorded by the leader before.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._last: Round | None = None
        self._lost: dict[str, frozenset[str]] = {}
        """By node that is away: the pipelines that had workers there."""

    def observed(self, pipelines: Pipelines, state: FleetState, cordoned: Collection[str]) -> None:
        """Take note of what a round sees."""
        before, now = self._last, Round(pipelines, state, frozenset(cordoned))
        self._last = now
        if before is None:
            return
        for change in (*changes_between(before, now), *self._returned(before, now)):
            self._events.record(*change)

    def _returned(self, before: Round, now: Round) -> Iterator[Change]:
        for node in before.state.nodes - now.state.nodes:
            had = frozenset(
                each.pipeline
                for each in before.state.replicas
                if each.node == node and each.role is WorkerRole.WORKER
            )
            if had:
                self._lost[node] = had
        while len(self._lost) > MAX_LOST_NODES:
            del self._lost[next(iter(self._lost))]
        for node in sorted(self._lost.keys() & now.state.nodes):
            for pipeline in sorted(self._lost.pop(node) & now.pipelines.keys()):
                yield Change(pipeline, EventKind.NODE_BACK, f"{node} is back")
