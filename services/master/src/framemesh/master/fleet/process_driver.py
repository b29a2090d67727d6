"""The driver that runs workers as child processes of the nodes' agents."""

from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.master.fleet.nodes import NodeRegistry, WorkerAssignment, WorkerState


@dataclass(frozen=True, slots=True)
class DesiredWorkers:
    """How many workers of which revision a pipeline should have."""

    pipeline: str
    revision: int
    count: int


class ProcessDriver:
    """Spreads the workers over the attending nodes."""

    def __init__(self, nodes: NodeRegistry) -> None:
        self._nodes = nodes
        self._placed: dict[str, str] = {}
        """Worker id -> node. A worker stays where it is while its node attends."""

    def converge(self, desired: Sequence[DesiredWorkers]) -> None:
        """Order what is desired. Workers that no node can take wait for the next call."""
        names = [report.name for report in self._nodes.reports]
        assignments: dict[str, list[WorkerAssignment]] = {name: [] for name in names}
        wanted = [
            WorkerAssignment(f"{group.pipeline}-{number}", group.pipeline, group.revision)
            for group in desired
            for number in range(group.count)
        ]
        kept = {assignment.id for assignment in wanted}
        self._placed = {i: n for i, n in self._places().items() if i in kept and n in assignments}
        for assignment in sorted(wanted, key=lambda assignment: assignment.id not in self._placed):
            node = self._placed.get(assignment.id) or min(
                names, key=lambda name: len(assignments[name]), default=None
            )
            if node is not None:
                self._placed[assignment.id] = node
                assignments[node].append(assignment)
        for name, mine in assignments.items():
            self._nodes.assign(name, tuple(sorted(mine, key=lambda assignment: assignment.id)))

    def _places(self) -> dict[str, str]:
        """Where workers are: where they were ordered to, unless they are ready elsewhere alone.

        They are when this master is new, or when their node was away for a moment: moving them
        would stop what runs well.
        """
        ready: dict[str, set[str]] = {}
        for report in self._nodes.reports:
            for worker in report.workers:
                if worker.state is WorkerState.READY:
                    ready.setdefault(worker.id, set()).add(report.name)
        elsewhere = {name: min(nodes) for name, nodes in ready.items()}
        assigned = {
            name: node for name, node in self._placed.items() if node in ready.get(name, {node})
        }
        return elsewhere | assigned
