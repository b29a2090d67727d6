"""The driver that runs workers as child processes of the nodes' agents."""

from collections.abc import Collection, Mapping, Sequence

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import placement
from framemesh.master.fleet.node_report import Assignments
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.placement import NodeRoom
from framemesh.master.fleet.port import FleetPlan, FleetState, Replica, WorkerGroup, WorkerState
from framemesh.master.fleet.process_placement import NO_NODE, Placed, ProcessPlacement


class ProcessDriver:
    """Spreads the workers over the connected nodes that have room for them.

    What a worker reserves is reckoned with and not enforced: a process may use more.
    """

    def __init__(self, nodes: NodeRegistry) -> None:
        self._nodes = nodes
        self._placed: dict[str, Placed] = {}
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
        placed = [
            (each.worker.pipeline, each.worker.role, each.node) for each in found.placed.values()
        ]
        return FleetPlan.of(groups, placed, found.unplaced, found.shadows)

    def _place(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> ProcessPlacement:
        found = self._place_all(groups, cordoned)
        shadows = [group for group in groups if group.role is WorkerRole.SHADOW]
        if found.unplaced and shadows:
            others = [group for group in groups if group.role is not WorkerRole.SHADOW]
            found = self._place_all(others, cordoned)
            found.shadows = dict.fromkeys((each.pipeline for each in shadows), placement.WAITS)
        return found

    def _place_all(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str]
    ) -> ProcessPlacement:
        """`groups`: those of shadows last."""
        rooms = self._rooms(cordoned)
        there = {id_: each for id_, each in self._there().items() if each.node in rooms}
        ready = {each.id for each in self._state().replicas if each.ready}
        found = ProcessPlacement(rooms, there, ready)
        found.place(groups)
        return found

    def _rooms(self, cordoned: Collection[str]) -> dict[str, NodeRoom]:
        return {each.name: NodeRoom.of(each, each.name in cordoned) for each in self._nodes.reports}

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        rooms = self._rooms(cordoned)
        for each in self._there().values():
            if each.node in rooms and placement.in_the_way(each.worker, group):
                rooms[each.node].add(each.worker)
        found = {name: placement.places(room, group) for name, room in rooms.items()}
        return {name: count for name, count in found.items() if count}

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

    def _there(self) -> dict[str, Placed]:
        """Where workers are: where they were assigned to, unless they are ready elsewhere alone.

        They are when this master is new, or when their node was away for a moment: moving them
        would stop what runs well.
        """
        ready: dict[str, dict[str, Placed]] = {}
        known: dict[str, Placed] = {}
        for node in self._nodes.reports:
            for worker in node.workers:
                each = Placed(worker.assignment, node.name)
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
