"""What one round of the reconciler saw, and what two of them say happened in between."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.history.events import EventKind
from framemesh.runtime.jetstream.pipeline_feed import Pipelines


@dataclass(frozen=True, slots=True)
class Round:
    """What one round saw."""

    pipelines: Pipelines
    state: FleetState
    cordoned: frozenset[str] = field(default_factory=frozenset)
    """Names of the nodes that are drained."""


class Change(NamedTuple):
    """What happened to a pipeline."""

    pipeline: str
    kind: EventKind
    message: str


def changes_between(before: Round, now: Round) -> Iterator[Change]:
    """What happened between two rounds of one leader.

    Of a node that was not here before nothing is told: its workers may have run for long.
    """
    for pipeline, stored in now.pipelines.items():
        old, new = before.state.of(pipeline), now.state.of(pipeline)
        yield from _workers(old, new, before, now)
        yield from _workers(
            before.state.of(pipeline, WorkerRole.SHADOW),
            now.state.of(pipeline, WorkerRole.SHADOW),
            before,
            now,
        )
        yield from _lost_nodes(pipeline, old, before, now)
        yield from _drained_nodes(pipeline, old, new, now)
        yield from _rollout(pipeline, stored.revision, before, now)


def _workers(
    old: tuple[Replica, ...], new: tuple[Replica, ...], before: Round, now: Round
) -> Iterator[Change]:
    # A worker may be seen on two nodes while it moves.
    were = {(each.id, each.node): each for each in old}
    are = {(each.id, each.node): each for each in new}
    for key, is_ in are.items():
        if is_.node not in before.state.nodes:
            continue
        was, where = were.get(key), f"{is_.id} on {is_.node}"
        if was is None and is_.state is not WorkerState.STOPPING:
            yield Change(is_.pipeline, EventKind.WORKER_ADDED, where)
        if is_.ready and not (was and was.ready):
            yield Change(is_.pipeline, EventKind.WORKER_READY, where)
        if _failed(was, is_):
            why = is_.problem or "no reason is known"
            yield Change(is_.pipeline, EventKind.WORKER_FAILED, f"{where}: {why}")
    for key, was in were.items():
        if key not in are and was.node in now.state.nodes:
            yield Change(was.pipeline, EventKind.WORKER_GONE, f"{was.id} on {was.node}")


def _failed(was: Replica | None, is_: Replica) -> bool:
    """Whether a worker ended, also one that is being started again already."""
    if is_.state is WorkerState.FAILED:
        same = was is not None and was.state is WorkerState.FAILED and was.problem == is_.problem
        return not same
    was_ready = was is not None and was.ready
    return was_ready and is_.state is WorkerState.STARTING and bool(is_.problem)


def _lost_nodes(
    pipeline: str, old: tuple[Replica, ...], before: Round, now: Round
) -> Iterator[Change]:
    for node in sorted(before.state.nodes - now.state.nodes):
        if lost := sum(each.node == node for each in old):
            yield Change(pipeline, EventKind.NODE_LOST, f"{node} is away, with {_workers_of(lost)}")


def _drained_nodes(
    pipeline: str, old: tuple[Replica, ...], new: tuple[Replica, ...], now: Round
) -> Iterator[Change]:
    left = {each.node for each in old} - {each.node for each in new}
    for node in sorted(left & now.cordoned & now.state.nodes):
        yield Change(pipeline, EventKind.NODE_DRAINED, f"{node} has none of its workers any more")


def _rollout(pipeline: str, revision: int, before: Round, now: Round) -> Iterator[Change]:
    then = before.pipelines.get(pipeline)
    others_now = _others(pipeline, revision, now)
    if then is not None and then.revision != revision and others_now:
        replaced = ", ".join(map(str, sorted(others_now)))
        message = f"revision {revision} replaces revision {replaced}"
        yield Change(pipeline, EventKind.ROLLOUT_BEGUN, message)
    ready = sum(each.ready and each.revision == revision for each in now.state.of(pipeline))
    if ready and not others_now and _others(pipeline, revision, before):
        message = f"revision {revision} runs alone, with {_workers_of(ready)} ready"
        yield Change(pipeline, EventKind.ROLLOUT_FINISHED, message)


def _others(pipeline: str, revision: int, seen: Round) -> set[int]:
    """The other revisions of a pipeline that have workers."""
    return {each.revision for each in seen.state.of(pipeline)} - {revision}


def _workers_of(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
