"""How the workers of a pipeline are replaced by those of a new revision, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from framemesh.master.fleet.port import Replica, WorkerGroup, WorkerState


@dataclass(frozen=True, slots=True)
class RolloutPolicy:
    """The bounds of every step."""

    max_surge: int = 1
    """Workers above the wanted number, those that stop included: each holds memory, and a GPU."""
    max_unavailable: int = 1
    """Workers that may be missing at a time. Never all: of a single one, the next one is ready
    before it is stopped."""


DEFAULT_POLICY = RolloutPolicy()


def next_groups(
    wanted: WorkerGroup, observed: Sequence[Replica], policy: RolloutPolicy = DEFAULT_POLICY
) -> tuple[WorkerGroup, ...]:
    """The groups to run now, on the way from what is observed to `wanted` alone.

    `observed` are the workers of the pipeline. Workers of other revisions are stopped only as those
    of the wanted one become ready, so a revision that never does takes none of them away that is
    needed. The result depends on the arguments alone: it is computed again after every observation.
    """
    # A worker may be seen on two nodes while it moves.
    replicas = {each.id: each for each in sorted(observed, key=lambda each: each.ready)}.values()
    others = [each for each in replicas if each.revision != wanted.revision]
    new = [each for each in replicas if each.revision == wanted.revision and _live(each)]
    # In the order in which they are stopped: first those that are not ready, then the oldest.
    old = sorted(filter(_live, others), key=lambda each: (each.ready, each.revision, each.id))
    room = wanted.replicas + policy.max_surge - len(others)
    started = replace(wanted, replicas=min(wanted.replicas, max(len(new), room, 0)))
    left = old[_to_stop(wanted, new, old, policy) :]
    return tuple(group for group in (*_groups(wanted, left), started) if group.replicas)


def _live(replica: Replica) -> bool:
    return replica.state is not WorkerState.STOPPING


def _to_stop(
    wanted: WorkerGroup, new: Sequence[Replica], old: Sequence[Replica], policy: RolloutPolicy
) -> int:
    """How many workers of other revisions to stop now."""
    needed = wanted.replicas - min(policy.max_unavailable, max(0, wanted.replicas - 1))
    new_ready = sum(each.ready for each in new)
    ready = sum(each.ready for each in old)
    ready_to_stop = max(0, min(ready, ready + new_ready - needed))
    # New ones that are not ready may never be: none of the old, ready or not, goes for them.
    may_stop = max(0, len(old) + new_ready - needed)
    return min(may_stop, len(old) - ready + ready_to_stop)


def _groups(wanted: WorkerGroup, replicas: Sequence[Replica]) -> list[WorkerGroup]:
    """The workers as groups, the oldest revision first."""
    revisions = [each.revision for each in replicas]
    return [
        replace(wanted, revision=revision, replicas=revisions.count(revision))
        for revision in sorted({*revisions})
    ]
