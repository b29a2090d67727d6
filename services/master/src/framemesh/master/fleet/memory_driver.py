"""A fleet in memory, for tests: workers are ready at once, or never."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import moves, placement
from framemesh.master.fleet.node_report import NodeReport, WorkerAssignment
from framemesh.master.fleet.placement import NodeRoom
from framemesh.master.fleet.port import FleetPlan, FleetState, Replica, WorkerGroup, WorkerState

LARGE = 1024
"""CPUs, and GiB of memory, of a node of which nothing else is said."""


class MemoryDriver:
    """Workers on nodes that are entries of a dict."""

    def __init__(self, *nodes: str) -> None:
        self.nodes = {name: memory_node(name) for name in nodes}
        """A test adds and removes some."""
        self.broken: set[int] = set()
        """Revisions whose workers fail."""
        self.silent: set[int] = set()
        """Revisions whose workers start and do not become ready."""
        self._groups: tuple[WorkerGroup, ...] = ()
        self._cordoned: Collection[str] = ()
        self._epoch = 0
        self._replicas: dict[str, Replica] = {}
        self._unplaced: dict[str, str] = {}
        self._shadows: dict[str, str] = {}

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        if epoch < self._epoch:
            return
        self._epoch = epoch
        self._groups, self._cordoned = tuple(groups), cordoned
        self._converge()

    async def observe(self) -> FleetState:
        self._converge()
        problem = "" if self.nodes else "there are no nodes"
        replicas, unplaced = tuple(self._replicas.values()), dict(self._unplaced)
        nodes = frozenset(self.nodes)
        return FleetState(replicas, problem, unplaced, nodes, shadows=dict(self._shadows))

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        would = MemoryDriver()
        would.nodes, would._replicas = self.nodes, dict(self._replicas)
        await would.apply(groups, cordoned)
        placed = [(each.pipeline, each.role, each.node) for each in would._replicas.values()]
        return FleetPlan.of(groups, placed, would._unplaced, would._shadows)

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        rooms = {name: NodeRoom(node, name in cordoned) for name, node in self.nodes.items()}
        for each in self._replicas.values():
            worker = WorkerAssignment(
                each.id, each.pipeline, each.revision, each.resources, role=each.role
            )
            if each.node in rooms and placement.in_the_way(worker, group):
                rooms[each.node].add(worker)
        found = {name: placement.places(room, group) for name, room in rooms.items()}
        return {name: count for name, count in found.items() if count}

    def _converge(self) -> None:
        there = {id_: each for id_, each in self._replicas.items() if each.node in self.nodes}
        rooms = {name: NodeRoom(node, name in self._cordoned) for name, node in self.nodes.items()}
        self._replicas, self._unplaced, self._shadows = {}, {}, {}
        for group in self._groups if self.nodes else ():
            if group.role is WorkerRole.SHADOW and self._unplaced:
                self._shadows[group.pipeline] = placement.WAITS
            else:
                self._run(group, there, rooms)

    def _run(
        self, group: WorkerGroup, there: dict[str, Replica], rooms: dict[str, NodeRoom]
    ) -> None:
        prefix = f"{group.pipeline}-{group.role.value}-{group.revision}-"
        leaving = [
            id_
            for id_, each in there.items()
            if each.node in self._cordoned and id_.startswith(prefix) and not group.stays
        ]
        ids = [f"{prefix}{number}" for number in range(group.replicas + len(there) + 1)]
        ready = {id_ for id_ in ids if id_ in there and there[id_].ready}
        mine = {id_: each.node for id_, each in there.items() if id_.startswith(prefix)}
        surplus = moves.surplus(group, mine, ready)
        chosen = sorted(
            (id_ for id_ in ids if id_ not in leaving),
            key=lambda id_: (id_ not in ready, id_ not in there, id_ in surplus),
        )[: group.replicas]
        successors = 0
        for at, id_ in enumerate(chosen):
            shadow = group.role is WorkerRole.SHADOW
            stays = id_ in there and not (shadow and rooms[there[id_].node].obstacle(group))
            node = there[id_].node if stays else _node(rooms, group)
            if node is None:
                told = self._shadows if shadow else self._unplaced
                told[group.pipeline] = placement.missing([*rooms.values()], group, len(chosen) - at)
                break
            rooms[node].add(
                WorkerAssignment(
                    id_, group.pipeline, group.revision, group.resources, role=group.role
                )
            )
            now = self._now(there.get(id_) or _started(id_, group, node))
            self._replicas[id_] = now
            successors += now.ready
        left = [id_ for id_ in leaving if id_ in ready][: max(0, group.replicas - successors)]
        self._replicas |= {id_: there[id_] for id_ in left}
        if move := moves.next_move(group, rooms, mine, ready):
            self._replicas |= {id_: there[id_] for id_ in ready if mine[id_] not in self._cordoned}
            id_ = move.successor or next(each for each in ids if each not in there)
            node = move.room.report.name
            self._replicas[id_] = self._now(there.get(id_) or _started(id_, group, node))

    def _now(self, replica: Replica) -> Replica:
        if replica.revision in self.broken:
            return replace(replica, state=WorkerState.FAILED, problem="it is broken")
        if replica.revision in self.silent:
            return replace(replica, state=WorkerState.STARTING)
        return replace(replica, state=WorkerState.READY, problem="")


def memory_node(
    name: str, labels: Mapping[str, str] | None = None, *, cpus: int = LARGE
) -> NodeReport:
    """A node with what a test says."""
    return NodeReport(name, cpus, LARGE * 1024**3, 0.0, 0, (), labels=labels or {})


def _node(rooms: dict[str, NodeRoom], group: WorkerGroup) -> str | None:
    room = placement.preferred(rooms.values(), group) or placement.best(rooms.values(), group)
    return None if room is None else room.report.name


def _started(id_: str, group: WorkerGroup, node: str) -> Replica:
    return Replica(id_, group.pipeline, group.revision, node, WorkerState.STARTING, role=group.role)
