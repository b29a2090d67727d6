"""What the nodes of a swarm have left, and where workers would go."""

from collections.abc import Collection, Iterator, Sequence

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import placement
from framemesh.master.fleet.node_report import Gpu, NodeReport, WorkerAssignment
from framemesh.master.fleet.placement import NodeRoom
from framemesh.master.fleet.port import FleetPlan, WorkerGroup
from framemesh.master.fleet.swarm.observation import Swarm, unplaced
from framemesh.master.fleet.swarm.values import GroupKey, SwarmNode, SwarmTask

NO_NODE = "no node of the swarm takes workers: `docker node ls` shows why"


def plan(swarm: Swarm, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
    """Workers that run stay where they are, unless that is a cordoned node. Groups of shadows come
    last."""
    foreign = [task for task in swarm.tasks if task.key is None]
    rooms = _rooms(swarm, foreign, cordoned)
    missing = {id(group): group.replicas - _keep(swarm, group, rooms) for group in groups}
    without: dict[WorkerRole, dict[str, str]] = {role: {} for role in WorkerRole}
    for group in groups:
        if group.role is WorkerRole.SHADOW and without[WorkerRole.WORKER]:
            without[group.role][group.pipeline] = placement.WAITS
            continue
        for left in range(missing[id(group)], 0, -1):
            room = placement.preferred(rooms.values(), group)
            room = room or placement.best(rooms.values(), group)
            if room is None:
                without[group.role][group.pipeline] = _why([*rooms.values()], group, left)
                break
            room.add(_assignment(f"new-{group.name}-{left}", group))
    placed = [
        (worker.pipeline, worker.role, room.report.name)
        for room in rooms.values()
        for worker in room.workers.values()
        if worker.pipeline
    ]
    return FleetPlan.of(groups, placed, without[WorkerRole.WORKER], without[WorkerRole.SHADOW])


def places(swarm: Swarm, group: WorkerGroup, cordoned: Collection[str]) -> dict[str, int]:
    """How many workers of the group each node could have, up to its replicas."""
    others = [
        task
        for task in swarm.tasks
        if task.key is None
        or (task.key.pipeline != group.pipeline and task.key.role is WorkerRole.WORKER)
    ]
    rooms = _rooms(swarm, others, cordoned).values()
    found = {room.report.name: placement.places(room, group) for room in rooms}
    return {name: count for name, count in found.items() if count}


def why_unplaced(swarm: Swarm, role: WorkerRole = WorkerRole.WORKER) -> dict[str, str]:
    """By pipeline: which of its workers of a role no node takes, and why, in one line."""
    waiting: dict[GroupKey, list[SwarmTask]] = {}
    for task in unplaced(swarm):
        if task.key is not None and task.key.role is role:
            waiting.setdefault(task.key, []).append(task)
    found: dict[str, str] = {}
    for service in swarm.services:
        if service.key in waiting:
            rooms = [*_rooms(swarm, swarm.tasks, service.avoided).values()]
            group = WorkerGroup(
                service.key.pipeline,
                service.key.revision,
                service.replicas,
                resources=service.resources,
                node_labels=service.node_labels,
            )
            tasks = waiting[service.key]
            # It may fit by now, or what is in the way may be nothing that is reckoned with here.
            fits = any(not room.obstacle(group) for room in rooms)
            found[group.pipeline] = tasks[0].error if fits else _why(rooms, group, len(tasks))
    return found


def _rooms(
    swarm: Swarm, tasks: Sequence[SwarmTask], cordoned: Collection[str]
) -> dict[str, NodeRoom]:
    """By the node's id, with what these tasks reserve."""
    rooms = {
        node.id: NodeRoom(_report(node), not node.takes_tasks or node.name in cordoned)
        for node in swarm.nodes
        if not node.down
    }
    for task in _holders(tasks):
        if task.node_id in rooms:
            pipeline, revision = (task.key.pipeline, task.key.revision) if task.key else ("", 0)
            worker = WorkerAssignment(task.id, pipeline, revision, task.resources)
            rooms[task.node_id].add(worker)
    return rooms


def _keep(swarm: Swarm, group: WorkerGroup, rooms: dict[str, NodeRoom]) -> int:
    """Leave workers of the group where they are; returns how many."""
    key = GroupKey.of(group)
    there = [
        task
        for task in _holders(swarm.tasks)
        if task.key == key
        and task.wanted
        and task.node_id in rooms
        and (group.stays or not rooms[task.node_id].cordoned)
    ][: group.replicas]
    for task in there:
        rooms[task.node_id].add(_assignment(task.id, group))
    return len(there)


def _holders(tasks: Sequence[SwarmTask]) -> Iterator[SwarmTask]:
    return (task for task in tasks if task.placed and not task.ended)


def _assignment(id_: str, group: WorkerGroup) -> WorkerAssignment:
    return WorkerAssignment(id_, group.pipeline, group.revision, group.resources, role=group.role)


def _report(node: SwarmNode) -> NodeReport:
    """The node as an agent would report it, without what is used."""
    gpus = tuple(Gpu(name, "", 0, 0, 0.0) for name in node.gpus)
    # A CPU is a whole one to agents; Docker counts parts of one only where it was told to.
    cpus = int(node.cpus)
    return NodeReport(node.name, cpus, node.memory_bytes, 0.0, 0, (), gpus=gpus, labels=node.labels)


def _why(rooms: Sequence[NodeRoom], group: WorkerGroup, count: int) -> str:
    return placement.missing(rooms, group, count) if rooms else NO_NODE
