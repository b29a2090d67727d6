"""Where workers go that agents run, in one round: a pure function of what is observed."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import moves, placement
from framemesh.master.fleet.node_report import WorkerAssignment
from framemesh.master.fleet.placement import NodeRoom
from framemesh.master.fleet.port import WorkerGroup

_NUMBER = re.compile(r"-[rs]\d+-(\d+)$")

NO_NODE = "no node is here to run its workers: start an agent"


@dataclass(frozen=True, slots=True)
class Placed:
    """A worker, and the node where it is."""

    worker: WorkerAssignment
    node: str


@dataclass(slots=True)
class ProcessPlacement:
    """One round."""

    rooms: dict[str, NodeRoom]
    """By node: empty before, with all workers that it should have afterwards."""
    there: Mapping[str, Placed]
    """Where workers are now, by id."""
    ready: Collection[str]
    """The ids of those that are ready."""
    unplaced: dict[str, str] = field(default_factory=dict)
    """By pipeline: which of its workers no node takes, and why."""
    shadows: dict[str, str] = field(default_factory=dict)
    """The same of their shadows."""

    def place(self, groups: Sequence[WorkerGroup]) -> None:
        """Put all workers of these groups on nodes."""
        missing = [(group, self._keep(group)) for group in groups]
        # After all that stay where they are: none of them is in the way of another.
        for group, new in missing:
            self._add(group, new)
        for group in groups:
            self._move(group)

    @property
    def placed(self) -> dict[str, Placed]:
        """By the worker's id."""
        return {
            worker.id: Placed(worker, name)
            for name, room in self.rooms.items()
            for worker in room.workers.values()
        }

    def _keep(self, group: WorkerGroup) -> list[str]:
        """Leave workers of the group where they are; returns the ids of those to be added."""
        mine = self._of(group)
        ready = mine.keys() & self.ready
        surplus = moves.surplus(group, _nodes(mine), ready)
        leaving = [
            id_ for id_, each in mine.items() if self.rooms[each.node].cordoned and not group.stays
        ]
        new = [_worker_id(group, number) for number in range(group.replicas + len(leaving))]
        # The ready ones first, then those that are known, then new ones; of each, those that are
        # where they should be.
        ids = sorted(
            {*mine, *new} - {*leaving},
            key=lambda id_: (id_ not in ready, id_ not in mine, id_ in surplus, _number(id_)),
        )[: group.replicas]
        without_successor = max(0, group.replicas - len(ready.intersection(ids)))
        kept = sorted(ready.intersection(leaving))[:without_successor]
        for id_ in (*ids, *kept):
            if id_ in mine:
                self.rooms[mine[id_].node].add(mine[id_].worker)
        return [id_ for id_ in ids if id_ not in mine]

    def _add(self, group: WorkerGroup, ids: Sequence[str]) -> None:
        """Put new workers on nodes that have room for them."""
        rooms = self.rooms.values()
        for at, id_ in enumerate(ids):
            room = placement.preferred(rooms, group) or placement.best(rooms, group)
            if room is None:
                unplaced = len(ids) - at
                told = self.shadows if group.role is WorkerRole.SHADOW else self.unplaced
                told[group.pipeline] = (
                    placement.missing([*rooms], group, unplaced) if rooms else NO_NODE
                )
                return
            _add_new(room, id_, group)

    def _move(self, group: WorkerGroup) -> None:
        """Give one worker a successor on a node that its group prefers, if there is room.

        Those that are to go stay until it is ready, also where there are to be fewer in the end.
        """
        mine = self._of(group)
        ready = mine.keys() & self.ready
        move = moves.next_move(group, self.rooms, _nodes(mine), ready)
        if move is None:
            return
        placed = self.placed
        for id_ in sorted(ready - placed.keys()):
            if not self.rooms[mine[id_].node].cordoned:
                self.rooms[mine[id_].node].add(mine[id_].worker)
        if move.successor:
            move.room.add(mine[move.successor].worker)
            return
        taken = mine.keys() | placed.keys()
        new = (_worker_id(group, number) for number in range(len(taken) + 1))
        _add_new(move.room, next(id_ for id_ in new if id_ not in taken), group)

    def _of(self, group: WorkerGroup) -> dict[str, Placed]:
        return {
            id_: each for id_, each in self.there.items() if placement.is_of(each.worker, group)
        }


def _nodes(workers: Mapping[str, Placed]) -> dict[str, str]:
    return {id_: each.node for id_, each in workers.items()}


def _add_new(room: NodeRoom, id_: str, group: WorkerGroup) -> None:
    gpus = tuple(room.free_gpus())[: group.resources.gpus]
    worker = WorkerAssignment(
        id_, group.pipeline, group.revision, group.resources, gpus, group.role
    )
    room.add(worker)


def _worker_id(group: WorkerGroup, number: int) -> str:
    """As `street-r7-0`: the first worker of revision 7 of the pipeline `street`."""
    return f"{group.name}-{number}"


def _number(id_: str) -> int:
    found = _NUMBER.search(id_)
    return int(found[1]) if found else 0
