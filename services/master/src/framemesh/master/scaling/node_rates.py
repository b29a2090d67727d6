"""How fast a worker of a pipeline is on each node, learned from what the workers say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framemesh.core.worker_speed import WorkerSpeed
from framemesh.master.fleet.port import Replica

MOST_NODES = 64
"""Of which the speed is kept; those go first on which no worker was seen for longest."""

MOVED = 0.1
"""What was learned is stored again when it has changed by so much of itself."""


@dataclass(frozen=True, slots=True)
class NodeRate:
    """What one worker does on a node."""

    frames_per_second: float
    saturated: bool = False
    """It was measured with more frames than the worker could take; else it does at least that."""


NodeRates = Mapping[str, NodeRate]
"""By the name of the node."""


def learned(
    known: NodeRates, speeds: Mapping[str, WorkerSpeed], workers: Sequence[Replica]
) -> dict[str, NodeRate]:
    """What is known after `speeds`, by the worker's id, were read."""
    found = dict(known)
    for node in sorted({worker.node for worker in workers if worker.node}):
        here = [speeds[each.id] for each in workers if each.node == node and each.id in speeds]
        if measured := _measured(here):
            # Behind all others, so that the first are those that were not seen for longest.
            before = found.pop(node, measured)
            found[node] = _better(before, measured)
    for node in [*found][: max(0, len(found) - MOST_NODES)]:
        del found[node]
    return found


def moved(stored: NodeRates, now: NodeRates) -> bool:
    """Whether there is something new that is worth storing."""
    if stored.keys() != now.keys():
        return True
    return any(
        stored[node].saturated != each.saturated
        or abs(stored[node].frames_per_second - each.frames_per_second)
        > MOVED * stored[node].frames_per_second
        for node, each in now.items()
    )


def _measured(speeds: Sequence[WorkerSpeed]) -> NodeRate | None:
    """The average of those that were saturated, or else of all."""
    saturated = [each for each in speeds if each.saturated]
    rates = [each.frames_per_minute / 60 for each in saturated or speeds if each.frames_per_minute]
    return NodeRate(sum(rates) / len(rates), bool(saturated)) if rates else None


def _better(known: NodeRate, measured: NodeRate) -> NodeRate:
    """What a worker does at least says nothing against what is known."""
    if measured.saturated or measured.frames_per_second >= known.frames_per_second:
        return NodeRate(measured.frames_per_second, measured.saturated or known.saturated)
    return known
