"""What holds of a pipeline now, in words: computed from what is observed, and stored nowhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from framemesh.core.pipeline.generation import Generation
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState, Replica, WorkerGroup, WorkerState

MAX_NAMED = 3
"""Workers that a condition names; a line for a person has an end."""


class ConditionName(Enum):
    """In the order in which they come about."""

    PROVISIONING = "provisioning"
    """The streams of its buffer are made or changed."""
    BUILDING = "building"
    """The image of its workers is built."""
    PULLING = "pulling"
    """Nodes get the models, or the image, of its workers."""
    STARTING = "starting"
    ROLLING_OUT = "rolling_out"
    """Workers of an older revision are replaced."""
    DRAINING = "draining"
    """Streams that take no more frames are worked off."""
    READY = "ready"
    """Frames are processed by the revision that was applied."""
    DEGRADED = "degraded"
    """Something keeps it from running as it was applied."""
    SHADOW = "shadow"
    """How its shadow does, which is nothing to the pipeline."""


@dataclass(frozen=True, slots=True)
class Condition:
    name: ConditionName
    message: str
    """One line for a person."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one pipeline."""

    wanted: WorkerGroup
    state: FleetState
    draining: Sequence[Generation] = ()
    provisioning: bool = False
    building: str = ""
    """What is being done for its image, in one line; empty: nothing."""
    trial: bool = False
    """Whether the newest revision is a canary, or is to be one."""
    shadow: WorkerGroup | None = None
    """The workers that its shadow should have."""


def conditions(seen: Seen) -> tuple[Condition, ...]:
    """All that hold now."""
    replicas = seen.state.of(seen.wanted.pipeline)
    new = [each for each in replicas if each.revision == seen.wanted.revision]
    return (
        *_before_workers(seen),
        *_workers_to_come(seen, new),
        *_earlier(seen, replicas),
        *_ready(seen, new),
        *_degraded(seen, new),
        *_shadow(seen),
    )


def _before_workers(seen: Seen) -> Iterator[Condition]:
    if seen.provisioning:
        yield Condition(ConditionName.PROVISIONING, "the streams of the buffer are made")
    if seen.building:
        yield Condition(ConditionName.BUILDING, seen.building)


def _workers_to_come(seen: Seen, new: Sequence[Replica]) -> Iterator[Condition]:
    starting = [each for each in new if each.state is WorkerState.STARTING]
    if pulling := [each for each in starting if each.progress]:
        yield Condition(
            ConditionName.PULLING, _some([f"{_where(each)} {each.progress}" for each in pulling])
        )
    told = [f"{_where(each)}{_why(each)}" for each in starting if not each.progress]
    live = sum(each.state is not WorkerState.STOPPING for each in new)
    missing = seen.wanted.replicas - live
    if missing > 0 and not _no_place(seen) and not seen.building:
        told.append(f"{_workers(missing)} to be placed")
    if told:
        yield Condition(ConditionName.STARTING, _some(told))


def _earlier(seen: Seen, replicas: Sequence[Replica]) -> Iterator[Condition]:
    others = sorted({each.revision for each in replicas} - {seen.wanted.revision})
    if others and seen.wanted.replicas:
        old = sum(each.revision != seen.wanted.revision for each in replicas)
        fate = "have the cameras that are not the canary's" if seen.trial else "to be replaced"
        message = f"{_workers(old)} of revision {', '.join(map(str, others))} {fate}"
        yield Condition(ConditionName.ROLLING_OUT, message)
    if seen.draining:
        numbers = ", ".join(str(each.number) for each in seen.draining)
        message = f"frames of an earlier buffer (generation {numbers}) are worked off"
        yield Condition(ConditionName.DRAINING, message)


def _ready(seen: Seen, new: Sequence[Replica]) -> Iterator[Condition]:
    wanted, ready = seen.wanted, sum(each.ready for each in new)
    if not wanted.replicas:
        yield Condition(ConditionName.READY, "no worker is wanted")
    elif ready:
        message = f"{ready} of {wanted.replicas} workers of revision {wanted.revision}"
        yield Condition(ConditionName.READY, message)


def _degraded(seen: Seen, new: Sequence[Replica]) -> Iterator[Condition]:
    failed = [each for each in new if each.state is WorkerState.FAILED]
    told = [f"{_where(each)}{_why(each)}" for each in failed]
    if why := _no_place(seen):
        told.append(why)
    if told:
        yield Condition(ConditionName.DEGRADED, _some(told))


def _shadow(seen: Seen) -> Iterator[Condition]:
    if seen.shadow is None:
        return
    wanted, replicas = seen.shadow, seen.state.of(seen.shadow.pipeline, WorkerRole.SHADOW)
    mine = [each for each in replicas if each.revision == wanted.revision]
    told = [f"{sum(each.ready for each in mine)} of {wanted.replicas} workers"]
    told += [
        f"{_where(each)}: {why}"
        for each in mine
        if not each.ready and (why := each.progress or each.problem)
    ]
    if why := seen.state.shadows.get(wanted.pipeline, ""):
        told.append(why)
    yield Condition(ConditionName.SHADOW, _some(told))


def _no_place(seen: Seen) -> str:
    """Why wanted workers run nowhere; empty if nothing is known to prevent it."""
    if not seen.wanted.replicas:
        return ""
    return seen.state.unplaced.get(seen.wanted.pipeline, "") or seen.state.problem


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"


def _where(replica: Replica) -> str:
    return f"{replica.id} on {replica.node}"


def _why(replica: Replica) -> str:
    return f": {replica.problem}" if replica.problem else ""


def _some(told: Sequence[str]) -> str:
    more = [f"and {len(told) - MAX_NAMED} more"] if len(told) > MAX_NAMED else []
    return "; ".join([*told[:MAX_NAMED], *more])
