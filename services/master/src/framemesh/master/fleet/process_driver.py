"""The driver that runs workers as child processes of the nodes' agents."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import placement
from framemesh.master.fleet.node_report import Assignments, WorkerAssignment
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.placement import NodeRoom
from framemesh.master.fleet.port import FleetPlan, FleetState, Replica, WorkerGroup, WorkerState

_NUMBER = re.compile(r"-[rs]\d+-(\d+)$")

NO_NODE = "no node is here to run its workers: start an agent"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A worker, and the node where it is."""

    worker: WorkerAssignment
    node: str


@dataclass(slots=True)
class _Placement:
    """The outcome of one round."""

    rooms: dict[str, NodeRoom]
    unplaced: dict[str, str] = field(default_factory=dict)
    shadows: dict[str, str] = field(default_factory=dict)

    @property
    def placed(self) -> dict[str, _Placed]:
        """By the worker's id."""
        return {
            worker.id: _Placed(worker, name)
            for name, room in self.rooms.items()
            for worker in room.workers.values()
        }


class ProcessDriver:
    """Spreads the workers over the connected nodes that have room for them.

    What a worker reserves is reckoned with and not enforced: a process may use more.
    """

    def __init__(self, nodes: NodeRegistry) -> None:
        self._nodes = nodes
        self._placed: dict[str, _Placed] = {}
        """Where each worker was assigned to. It stays there while that node is connected."""
        self._unplaced: dict[str, str] = {}
        self._shadows: dict[str, str] = {}

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        """Assign the workers to nodes. Those that no node can take wait for the next call.

        Agents leave assignments of an earlier epoch than their last alone.
        """
        found = self._place(groups, cordoned)
        self._placed, self._unplaced, self._shadows = found.placed, found.unplaced, found.shadows
        for name, room in found.rooms.items():
            workers = sorted(room.workers.values(), key=lambda worker: worker.id)
            self._nodes.assign(name, Assignments(tuple(workers), epoch))

    async def observe(self) -> FleetState:
        return self._state()

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        found = self._place(groups, cordoned)
        placed = [(each.worker.pipeline, each.node) for each in found.placed.values()]
        return FleetPlan.of(groups, placed, found.unplaced)

    def _place(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> _Placement:
        found = self._place_all(groups, cordoned)
        shadows = [group for group in groups if group.role is WorkerRole.SHADOW]
        if found.unplaced and shadows:
            others = [group for group in groups if group.role is not WorkerRole.SHADOW]
            found = self._place_all(others, cordoned)
            found.shadows = dict.fromkeys((each.pipeline for each in shadows), placement.WAITS)
        return found

    def _place_all(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> _Placement:
        """`groups`: those of shadows last."""
        state = self._state()
        found = _Placement(
            {each.name: NodeRoom.of(each, each.name in cordoned) for each in self._nodes.reports}
        )
        there = {id_: each for id_, each in self._there().items() if each.node in found.rooms}
        missing: list[tuple[WorkerGroup, list[str]]] = []
        for group in groups:
            new = self._keep(group, state, there, found)
            missing.append((group, new))
        # After all that stay where they are: none of them is in the way of another.
        for group, new in missing:
            self._add(group, new, found)
        return found

    def _keep(
        self,
        group: WorkerGroup,
        state: FleetState,
        there: dict[str, _Placed],
        found: _Placement,
    ) -> list[str]:
        """Leave workers of the group where they are; returns the ids of those to be added."""
        ready = {each.id for each in state.of(group.pipeline, group.role) if each.ready}
        mine = {id_: each for id_, each in there.items() if _is_of(each.worker, group)}
        leaving = [
            id_ for id_, each in mine.items() if found.rooms[each.node].cordoned and not group.stays
        ]
        new = [_worker_id(group, number) for number in range(group.replicas + len(leaving))]
        # The ready ones first, then those that are known, then new ones.
        ids = sorted(
            {*mine, *new} - {*leaving},
            key=lambda id_: (id_ not in ready, id_ not in mine, _number(id_)),
        )[: group.replicas]
        without_successor = max(0, group.replicas - len(ready.intersection(ids)))
        kept = sorted(ready.intersection(leaving))[:without_successor]
        for id_ in (*ids, *kept):
            if id_ in mine:
                found.rooms[mine[id_].node].add(mine[id_].worker)
        return [id_ for id_ in ids if id_ not in mine]

    def _add(self, group: WorkerGroup, ids: Sequence[str], found: _Placement) -> None:
        """Put new workers on nodes that have room for them."""
        rooms = found.rooms.values()
        for at, id_ in enumerate(ids):
            room = placement.best(rooms, group)
            if room is None:
                unplaced = len(ids) - at
                told = found.shadows if group.role is WorkerRole.SHADOW else found.unplaced
                told[group.pipeline] = (
                    placement.missing([*rooms], group, unplaced) if rooms else NO_NODE
                )
                return
            gpus = tuple(room.free_gpus())[: group.resources.gpus]
            room.add(
                WorkerAssignment(
                    id_, group.pipeline, group.revision, group.resources, gpus, group.role
                )
            )

    def _state(self) -> FleetState:
        replicas = tuple(
            Replica(
                id=worker.assignment.id,
                pipeline=worker.assignment.pipeline,
                revision=worker.assignment.revision,
                node=node.name,
                state=worker.state,
                problem=worker.trouble,
                resources=worker.assignment.resources,
                restarts=worker.restarts,
                role=worker.assignment.role,
            )
            for node in self._nodes.reports
            for worker in node.workers
        )
        problem = "" if self._nodes.reports else NO_NODE
        nodes = frozenset(node.name for node in self._nodes.reports)
        unplaced, shadows = dict(self._unplaced), dict(self._shadows)
        return FleetState(replicas, problem, unplaced, nodes, shadows=shadows)

    def _there(self) -> dict[str, _Placed]:
        """Where workers are: where they were assigned to, unless they are ready elsewhere alone.

        They are when this master is new, or when their node was away for a moment: moving them
        would stop what runs well.
        """
        ready: dict[str, dict[str, _Placed]] = {}
        known: dict[str, _Placed] = {}
        for node in self._nodes.reports:
            for worker in node.workers:
                each = _Placed(worker.assignment, node.name)
                if worker.state is WorkerState.READY:
                    ready.setdefault(each.worker.id, {})[node.name] = each
                elif worker.state is not WorkerState.STOPPING:
                    known.setdefault(each.worker.id, each)
        elsewhere = {id_: nodes[min(nodes)] for id_, nodes in ready.items()}
        assigned = {
            id_: each
            for id_, each in self._placed.items()
            if each.node in ready.get(id_, {each.node: each})
        }
        return known | elsewhere | assigned


def _is_of(worker: WorkerAssignment, group: WorkerGroup) -> bool:
    mine = (group.pipeline, group.revision, group.role)
    return (worker.pipeline, worker.revision, worker.role) == mine


def _worker_id(group: WorkerGroup, number: int) -> str:
    """As `street-r7-0`: the first worker of revision 7 of the pipeline `street`."""
    return f"{group.name}-{number}"


def _number(id_: str) -> int:
    found = _NUMBER.search(id_)
    return int(found[1]) if found else 0
