"""The driver that runs workers as child processes of the nodes' agents."""

import re
from collections.abc import Sequence

from framemesh.master.fleet.nodes import NodeRegistry, WorkerAssignment
from framemesh.master.fleet.port import FleetState, Replica, WorkerGroup, WorkerState

_NUMBER = re.compile(r"-r\d+-(\d+)$")

NO_NODE = "no node is here to run its workers: start an agent"


class ProcessDriver:
    """Spreads the workers over the connected nodes.

    Nothing is reserved on a node: the resources of a group do not count.
    """

    def __init__(self, nodes: NodeRegistry) -> None:
        self._nodes = nodes
        self._placed: dict[WorkerAssignment, str] = {}
        """Where each worker was assigned to. It stays there while that node is connected."""

    async def apply(self, groups: Sequence[WorkerGroup]) -> None:
        """Assign the workers to nodes. Those that no node can take wait for the next call."""
        state = self._state()
        wanted = [worker for group in groups for worker in self._workers(group, state)]
        names = [report.name for report in self._nodes.reports]
        assignments: dict[str, list[WorkerAssignment]] = {name: [] for name in names}
        places = self._places(state)
        self._placed = {w: places[w] for w in wanted if places.get(w) in assignments}
        for worker in sorted(wanted, key=lambda worker: worker not in self._placed):
            node = self._placed.get(worker) or min(
                names, key=lambda name: len(assignments[name]), default=None
            )
            if node is not None:
                self._placed[worker] = node
                assignments[node].append(worker)
        for name, workers in assignments.items():
            self._nodes.assign(name, tuple(sorted(workers, key=lambda worker: worker.id)))

    async def observe(self) -> FleetState:
        return self._state()

    def _state(self) -> FleetState:
        replicas = tuple(
            Replica(
                id=worker.id,
                pipeline=worker.pipeline,
                revision=worker.revision,
                node=node.name,
                state=worker.state,
                problem=worker.trouble,
            )
            for node in self._nodes.reports
            for worker in node.workers
        )
        return FleetState(replicas, "" if self._nodes.reports else NO_NODE)

    def _workers(self, group: WorkerGroup, state: FleetState) -> list[WorkerAssignment]:
        """The workers of a group: those that there are, the ready ones first, then new ones."""
        there = {
            replica.id: replica.ready
            for replica in sorted(state.of(group.pipeline), key=lambda replica: replica.ready)
            if replica.revision == group.revision and replica.state is not WorkerState.STOPPING
        }
        placed = {
            worker.id: False
            for worker in self._placed
            if (worker.pipeline, worker.revision) == (group.pipeline, group.revision)
        }
        new = {_worker_id(group, number): False for number in range(group.replicas)}
        ready = new | placed | there
        known = placed.keys() | there.keys()
        ids = sorted(ready, key=lambda id_: (not ready[id_], id_ not in known, _number(id_)))
        return [
            WorkerAssignment(id_, group.pipeline, group.revision) for id_ in ids[: group.replicas]
        ]

    def _places(self, state: FleetState) -> dict[WorkerAssignment, str]:
        """Where workers are: where they were assigned to, unless they are ready elsewhere alone.

        They are when this master is new, or when their node was away for a moment: moving them
        would stop what runs well.
        """
        ready: dict[WorkerAssignment, set[str]] = {}
        for replica in state.replicas:
            if replica.ready:
                worker = WorkerAssignment(replica.id, replica.pipeline, replica.revision)
                ready.setdefault(worker, set()).add(replica.node)
        elsewhere = {worker: min(nodes) for worker, nodes in ready.items()}
        assigned = {
            worker: node
            for worker, node in self._placed.items()
            if node in ready.get(worker, {node})
        }
        return elsewhere | assigned


def _worker_id(group: WorkerGroup, number: int) -> str:
    """As `street-r7-0`: the first worker of revision 7 of the pipeline `street`."""
    return f"{group.pipeline}-r{group.revision}-{number}"


def _number(id_: str) -> int:
    found = _NUMBER.search(id_)
    return int(found[1]) if found else 0
