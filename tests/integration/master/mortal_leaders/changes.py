"""Every kind of change that a leader makes: what is there before it, and what brings it about.

Another kind is an entry of CHANGES, and what the master does for it by itself is in
`Leader.settle`.
"""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import ByteSize

from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.master.models.promotion import NothingToRollBack
from framemesh.master.pipelines.revisions import RevisionUnknown
from framemesh.master.scaling.scaling_store import Scaled
from framemesh.runtime.jetstream.pipeline_store import PipelineUnknown
from framemesh.runtime.messages import pipeline_message
from tests.integration.master.conftest import pipeline_spec
from tests.integration.master.mortal_leaders.leader import Leader
from tests.integration.services.running import MIB

Act = Callable[[Leader], Awaitable[object]]

MODEL = "person"
"""It has two versions; the second one is current as long as none is promoted."""

STREET = pipeline_message.from_proto(
    pipeline_spec(
        workers=2, shards=2, stages=({"name": "people", "model": MODEL, "model_version": 1},)
    )
)
SECOND_VERSION = replace(STREET, stages=(replace(STREET.stages[0], model_version=2),))
FOLLOWING = replace(STREET, stages=(replace(STREET.stages[0], model_version=0),))
"""It has whichever version is promoted."""

SHADOWED = replace(STREET, rollout=RolloutSpec(shadow=ShadowSpec({"people": 2})))

WATCHED = RolloutSpec(watch=timedelta(seconds=1), max_dead=0.1)
CANARY = replace(WATCHED, canary=0.5)

NEVER = timedelta(hours=1)
SLEEPING = replace(STREET, workers=WorkersSpec(min=0, max=3, shrink_after=NEVER))
"""Its first frame wakes it."""


@dataclass(frozen=True)
class Change:
    """A kind of change."""

    act: Act | None = None
    """What a person does; None: the master does it all by itself."""
    before: tuple[Act, ...] = (lambda leader: leader.pipelines.apply(STREET),)
    """What was done before; all that followed is over."""
    begun: Act | None = None
    """What was done last, and nothing followed yet."""
    frames: int = 0
    """That wait in its buffer meanwhile."""
    dies_in: RolloutPhase | None = None
    """The phase in which all frames of a new revision are dead; None: in none."""


def applied(wanted: PipelineSpec) -> Act:
    return lambda leader: leader.pipelines.apply(wanted)


def again(act: Act, *refusals: type[FramemeshError]) -> Act:
    """What a person does who asks again, and is told that it is done."""

    async def acted(leader: Leader) -> None:
        with contextlib.suppress(*refusals):
            await act(leader)

    return acted


def promoted(version: int) -> Act:
    return lambda leader: leader.promotion.promote(MODEL, version)


DELETED = again(
    lambda leader: leader.pipelines.delete("street", discard_pending=True), PipelineUnknown
)

CHANGES = {
    "create": Change(applied(STREET), before=()),
    "scale": Change(applied(replace(STREET, workers=WorkersSpec(min=4)))),
    "new version": Change(applied(SECOND_VERSION)),
    "other shards": Change(
        applied(replace(STREET, buffer=replace(STREET.buffer, shards=4, streams=2))), frames=3
    ),
    "more storage": Change(
        applied(replace(STREET, buffer=replace(STREET.buffer, max_bytes=ByteSize(128 * MIB)))),
        frames=3,
    ),
    "delete": Change(DELETED, frames=3),
    "shadow begins": Change(applied(SHADOWED)),
    "other shards of one with a shadow": Change(
        applied(replace(SHADOWED, buffer=replace(STREET.buffer, shards=4))),
        before=(applied(SHADOWED),),
        frames=3,
    ),
    "shadow ends": Change(applied(STREET), before=(applied(SHADOWED),)),
    "delete with a shadow": Change(DELETED, before=(applied(SHADOWED),)),
    "drain of a node": Change(lambda leader: leader.cordons.add("east")),
    "uncordon of a node": Change(
        lambda leader: leader.cordons.remove("east"),
        before=(applied(STREET), lambda leader: leader.cordons.add("east")),
    ),
    "roll-back of a pipeline": Change(
        again(lambda leader: leader.pipelines.roll_back("street"), RevisionUnknown),
        before=(applied(STREET), applied(SECOND_VERSION)),
    ),
    "promotion of a model": Change(promoted(1), before=(applied(FOLLOWING),)),
    "roll-back of a model": Change(
        again(lambda leader: leader.promotion.roll_back(MODEL), NothingToRollBack),
        before=(applied(FOLLOWING), promoted(1)),
    ),
    "revision that is good": Change(begun=applied(replace(SECOND_VERSION, rollout=WATCHED))),
    "revision that is given up": Change(
        begun=applied(replace(SECOND_VERSION, rollout=WATCHED)), dies_in=RolloutPhase.WATCHING
    ),
    "canary that is good": Change(begun=applied(replace(SECOND_VERSION, rollout=CANARY))),
    "canary that is given up": Change(
        begun=applied(replace(SECOND_VERSION, rollout=CANARY)), dies_in=RolloutPhase.CANARY
    ),
    "first frames": Change(before=(applied(SLEEPING),), frames=3),
    "other bounds": Change(
        applied(replace(STREET, workers=WorkersSpec(min=1, max=2, shrink_after=NEVER))),
        before=(
            lambda leader: leader.scaling.put("street", Scaled(4)),
            applied(replace(STREET, workers=WorkersSpec(min=1, max=6, shrink_after=NEVER))),
        ),
    ),
}
