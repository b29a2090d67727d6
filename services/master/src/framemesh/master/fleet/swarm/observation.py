"""The workers that there are, from the nodes, services and tasks of a swarm."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from framemesh.master.fleet.port import Replica, WorkerState
from framemesh.master.fleet.swarm import task_problems
from framemesh.master.fleet.swarm.values import GroupKey, SwarmNode, SwarmService, SwarmTask

NO_PLACE = "no suitable node"
"""How the scheduler begins where no node takes a task."""


@dataclass(frozen=True, slots=True)
class Swarm:
    """What the managers say, all at nearly the same time."""

    nodes: Sequence[SwarmNode]
    services: Sequence[SwarmService]
    tasks: Sequence[SwarmTask]
    """In the order in which they were made."""

    def node_names(self) -> dict[str, str]:
        """By id."""
        return {node.id: node.name for node in self.nodes}

    def down(self) -> frozenset[str]:
        """The ids of nodes whose tasks may be anything: they read as they were last."""
        return frozenset(node.id for node in self.nodes if node.down)


def nodes(swarm: Swarm) -> frozenset[str]:
    """The names of those that are here and that nobody took out of the swarm's service."""
    here = (node for node in swarm.nodes if not node.down and node.availability != "drain")
    return frozenset(node.name for node in here)


def replicas(swarm: Swarm) -> list[Replica]:
    """Every worker that runs, starts, fails or stops on a node that the managers hear of.

    A slot whose task waits to be placed is a worker that starts, unless no node takes it.
    """
    if not any(node.takes_tasks for node in swarm.nodes):
        return [each for each in _all(swarm) if each.node]
    return [*_all(swarm)]


def unplaced(swarm: Swarm) -> list[SwarmTask]:
    """The tasks of workers that no node takes."""
    return [task for task in swarm.tasks if task.key and task.wanted and _has_no_place(task)]


def _has_no_place(task: SwarmTask) -> bool:
    return not task.placed and task.error.startswith(NO_PLACE)


def _all(swarm: Swarm) -> Iterator[Replica]:
    slots: dict[tuple[GroupKey, int], list[SwarmTask]] = defaultdict(list)
    for task in swarm.tasks:
        if task.key is not None:
            slots[task.key, task.slot].append(task)
    names, down = swarm.node_names(), swarm.down()
    for (key, slot), tasks in slots.items():
        starting = _starting(key, slot)
        here = [task for task in tasks if task.node_id not in down]
        last_failure = _last_failure(here)
        # The swarm keeps the last five tasks of a slot, which is enough to give a revision up.
        starting = replace(starting, restarts=sum(task.failed for task in here))
        found = [
            replace(each, node=names.get(task.node_id, ""), resources=task.resources)
            for task in here
            if (each := _of_task(starting, task, last_failure))
        ]
        yield from found
        if not found and any(task.wanted and task.node_id in down for task in tasks):
            # Its node is gone, and its successor is not made yet.
            yield replace(starting, problem="its node is down")


def _starting(key: GroupKey, slot: int) -> Replica:
    id_ = key.worker_id(slot)
    return Replica(id_, key.pipeline, key.revision, "", WorkerState.STARTING, role=key.role)


def _of_task(starting: Replica, task: SwarmTask, last_failure: str) -> Replica | None:
    """The worker `starting` as its task has it; None: it is none any more, or has no place."""
    if task.ended:
        return None
    if not task.wanted:
        return replace(starting, state=WorkerState.STOPPING) if task.placed else None
    if task.state == "running":
        return replace(starting, state=WorkerState.READY)
    if last_failure:
        # One that waits for its next start has a place.
        return replace(starting, state=WorkerState.FAILED, problem=last_failure)
    if task.placed:
        return replace(starting, progress=task_problems.progress(task))
    return None if _has_no_place(task) else replace(starting, problem=task.error)


def _last_failure(tasks: Iterable[SwarmTask]) -> str:
    """Of the tasks of a slot; empty if the last one that ended did not fail."""
    ended = [task for task in tasks if task.ended]
    return task_problems.problem(ended[-1]) if ended and ended[-1].failed else ""
