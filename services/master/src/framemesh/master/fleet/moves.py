"""How workers get to the nodes that their group prefers, of which never fewer are ready."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from framemesh.master.fleet import placement
from framemesh.master.fleet.placement import NodeRoom
from framemesh.master.fleet.port import WorkerGroup


@dataclass(frozen=True, slots=True)
class Move:
    """A successor on a preferred node, for a worker on another."""

    room: NodeRoom
    successor: str = ""
    """The id of one that starts there already; empty: it has to be made."""


def surplus(group: WorkerGroup, there: Mapping[str, str], ready: Collection[str]) -> set[str]:
    """Ids of workers on nodes that have more than the group prefers; none if it prefers none.

    Args:
        there: the node of each worker of the group, by id.
        ready: ids of those that are ready, which are stopped last.
    """
    wanted = dict(group.preferred)
    found: set[str] = set()
    for node in {*there.values()} if wanted else ():
        here = sorted(
            (id_ for id_, where in there.items() if where == node),
            key=lambda id_: (id_ not in ready, id_),
        )
        found.update(here[wanted.get(node, 0) :])
    return found


def next_move(
    group: WorkerGroup,
    rooms: Mapping[str, NodeRoom],
    there: Mapping[str, str],
    ready: Collection[str],
) -> Move | None:
    """What to add for a ready worker that should be elsewhere; None: there is none, or no room.

    Args:
        rooms: by node, with all workers that are placed in this round.
        there, ready: as of `surplus`; also workers that are not placed in this round.
    """
    placed = {id_ for room in rooms.values() for id_ in room.workers}
    staying = {id_: node for id_, node in there.items() if id_ in placed}
    if not any(id_ in ready for id_ in surplus(group, staying, ready)):
        return None
    wanted = dict(group.preferred)
    for id_, node in sorted(there.items()):
        room = rooms.get(node)
        if id_ in placed or room is None or room.cordoned:
            continue
        if placement.of_group(room, group) < wanted.get(node, 0):
            return Move(room, id_)
    room = placement.preferred(rooms.values(), group)
    return Move(room) if room else None
