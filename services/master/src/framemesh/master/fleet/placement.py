"""Where workers go: labels first, then what is free, then the node with the fewest workers."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from framemesh.core.resources import NO_RESOURCES, Resources, memory_text
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.node_report import NodeReport, WorkerAssignment
from framemesh.master.fleet.port import WorkerGroup, WorkerState

_ROUNDING = 1e-9
"""Ten workers of 0.1 CPUs fit into one CPU."""

MAX_NAMED = 5
"""Nodes whose obstacle is told; a line for a person has an end."""


@dataclass(slots=True)
class NodeRoom:
    """What is left of one node."""

    report: NodeReport
    cordoned: bool
    stopping: dict[str, WorkerAssignment] = field(default_factory=dict)
    """Workers that hold what they were given until they are gone, by id."""
    workers: dict[str, WorkerAssignment] = field(default_factory=dict)
    """Those that are placed there, by id."""

    @classmethod
    def of(cls, report: NodeReport, cordoned: bool) -> "NodeRoom":
        """A node, with nothing placed there yet."""
        stopping = {
            each.assignment.id: each.assignment
            for each in report.workers
            if each.state is WorkerState.STOPPING
        }
        return cls(report, cordoned, stopping)

    def add(self, worker: WorkerAssignment) -> None:
        self.workers[worker.id] = worker

    @property
    def reserved(self) -> Resources:
        return sum((worker.resources for worker in self._holders()), NO_RESOURCES)

    @property
    def free(self) -> Resources:
        return self.report.capacity - self.reserved

    def free_gpus(self) -> Iterator[str]:
        taken = {uuid for worker in self._holders() for uuid in worker.gpus}
        return (gpu.uuid for gpu in self.report.gpus if gpu.uuid not in taken)

    def obstacle(self, group: WorkerGroup) -> str:
        """Why it takes no worker of the group now, for a person; empty if it does."""
        if self.cordoned:
            return "is drained"
        labels = self.report.labels
        for name, value in group.node_labels:
            if labels.get(name) != value:
                return f"has no label {name}={value}"
        needed, free = group.resources, self.free
        if not free.holds(Resources(cpus=needed.cpus)):
            return f"has {free.cpus:g} CPUs free"
        if not free.holds(Resources(memory_bytes=needed.memory_bytes)):
            return f"has {memory_text(free.memory_bytes)} of memory free"
        if not free.holds(Resources(gpus=needed.gpus)):
            return f"has {free.gpus} GPUs free"
        return ""

    def _holders(self) -> Collection[WorkerAssignment]:
        return (self.stopping | self.workers).values()


def best(rooms: Iterable[NodeRoom], group: WorkerGroup) -> NodeRoom | None:
    """The node for one more worker of the group; None: no node takes it."""
    fitting = (room for room in rooms if not room.obstacle(group))
    return min(fitting, key=lambda room: (len(room.workers), room.report.name), default=None)


def preferred(rooms: Iterable[NodeRoom], group: WorkerGroup) -> NodeRoom | None:
    """The node for one more worker among those that should have more of the group than they have;
    None: they have no room, or as many as they should."""
    wanted = dict(group.preferred)
    fewer = [room for room in rooms if of_group(room, group) < wanted.get(room.report.name, 0)]
    return best(fewer, group)


def of_group(room: NodeRoom, group: WorkerGroup) -> int:
    """How many workers of the group are placed on a node."""
    return sum(is_of(worker, group) for worker in room.workers.values())


def is_of(worker: WorkerAssignment, group: WorkerGroup) -> bool:
    """Whether it is one of the workers of a group."""
    mine = (group.pipeline, group.revision, group.role)
    return (worker.pipeline, worker.revision, worker.role) == mine


def in_the_way(worker: WorkerAssignment, group: WorkerGroup) -> bool:
    """Whether a worker holds what the pipeline of a group cannot have: shadows make room."""
    return worker.pipeline != group.pipeline and worker.role is WorkerRole.WORKER


def places(room: NodeRoom, group: WorkerGroup) -> int:
    """How many more workers of the group a node takes, up to the replicas of the group."""
    if room.obstacle(group):
        return 0
    needed, free = group.resources, room.free
    fitting = (
        int(whole / part + _ROUNDING)
        for part, whole in (
            (needed.cpus, free.cpus),
            (needed.memory_bytes, free.memory_bytes),
            (needed.gpus, free.gpus),
        )
        if part
    )
    return min(group.replicas, *fitting, group.replicas)


def missing(rooms: Sequence[NodeRoom], group: WorkerGroup, unplaced: int) -> str:
    """Why workers of the group are placed nowhere, in one line."""
    workers = "1 worker has" if unplaced == 1 else f"{unplaced} workers have"
    told = [f"{room.report.name} {room.obstacle(group)}" for room in rooms[:MAX_NAMED]]
    if len(rooms) > MAX_NAMED:
        told.append(f"and {len(rooms) - MAX_NAMED} more nodes")
    return f"{workers} no place: {_needs(group)}; {', '.join(told)}"


WAITS = "waits until every other worker has a place"
"""What is said of a shadow that has none for that."""


def _needs(group: WorkerGroup) -> str:
    needed = group.resources
    parts = [f"{name}={value}" for name, value in group.node_labels]
    if needed.cpus:
        parts.append(f"{needed.cpus:g} CPUs")
    if needed.memory_bytes:
        parts.append(f"{memory_text(needed.memory_bytes)} of memory")
    if needed.gpus:
        parts.append(f"{needed.gpus} GPUs")
    return f"each needs {', '.join(parts)}" if parts else "each needs a node that is not drained"
