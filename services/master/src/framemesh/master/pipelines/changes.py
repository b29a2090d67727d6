"""What the entry of a pipeline becomes by a change: pure functions of what it was."""

from dataclasses import replace

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import SPLIT_PHASES, RolledBack, Rollout, RolloutPhase
from framemesh.core.pipeline.shadow import without_shadow
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.revision_store import StoredRevision


def same_shadow(current: PipelineSpec, spec: PipelineSpec) -> bool:
    """Whether the shadow of one does for the other, and is compared with the same."""
    before, after = current.rollout.shadow, spec.rollout.shadow
    return (
        before is not None
        and after is not None
        and before.models == after.models
        and same_work(current, spec)
    )


def same_work(current: PipelineSpec, spec: PipelineSpec) -> bool:
    """Whether workers of one do for the other: they differ in how many there are, in how the next
    revision is brought in, in what promotions change, or in what is traced."""
    same = replace(
        current,
        workers=spec.workers,
        rollout=spec.rollout,
        tracing=spec.tracing,
        stages=_without_promotions(current.stages),
    )
    return same == replace(
        spec, stages=_without_promotions(spec.stages)
    ) and spec.workers.of_same_kind(current.workers)


def _without_promotions(stages: tuple[StageSpec, ...]) -> tuple[StageSpec, ...]:
    return tuple(replace(stage, follows_promotions=False) for stage in stages)


def applied(
    spec: PipelineSpec,
    current: StoredPipeline | None,
    now_unix_nano: int,
    ledger_sequence: int = 0,
) -> StoredPipeline:
    """A pipeline that somebody applied; what was good before may come back.

    It has no revision yet, unless workers go on as they are; its shadow has no number yet, unless
    that goes on.
    """
    shadow = current.shadow if current and same_shadow(current.spec, spec) else 0
    if current and current.revision and same_work(current.spec, spec):
        # Whoever applies what came back takes note that another revision was given up for it.
        same = replace(current, spec=spec, rolled_back=None, shadow=shadow)
        return current if same == current else same
    return replace(
        _stored_as(spec, current),
        revision=0,
        applied_unix_nano=now_unix_nano,
        rollout=_rollout(spec, current, now_unix_nano, ledger_sequence),
        rolled_back=None,
        shadow=shadow,
    )


def returned(
    earlier: StoredRevision, current: StoredPipeline, now_unix_nano: int
) -> StoredPipeline:
    """A pipeline that goes back to an earlier revision because somebody says so."""
    return replace(
        _alone(earlier.spec, current),
        revision=earlier.revision,
        applied_unix_nano=now_unix_nano,
        rollout=None,
        rolled_back=None,
    )


def advanced(
    current: StoredPipeline, phase: RolloutPhase, now_unix_nano: int, ledger_sequence: int
) -> StoredPipeline:
    """A pipeline whose rollout goes on to its next phase."""
    if current.rollout is None:
        return current
    rollout = replace(
        current.rollout, phase=phase, since_unix_nano=now_unix_nano, ledger_sequence=ledger_sequence
    )
    canary = rollout.canary if phase in SPLIT_PHASES else 0.0
    return replace(_stored_as(current.spec, current, canary), rollout=rollout)


def finished(current: StoredPipeline) -> StoredPipeline:
    """A pipeline whose revision is good, and has all of its frames."""
    return replace(_stored_as(current.spec, current), rollout=None)


def given_up(current: StoredPipeline, why: str) -> StoredPipeline:
    """A pipeline whose new revision is given up for the last one that was good."""
    rollout = current.rollout
    if rollout is None:
        return current
    return replace(
        _alone(rollout.stable, current),
        revision=rollout.stable_revision,
        applied_unix_nano=rollout.stable_applied_unix_nano,
        rollout=None,
        rolled_back=RolledBack(current.revision, why),
    )


def _rollout(
    spec: PipelineSpec, current: StoredPipeline | None, now_unix_nano: int, ledger_sequence: int
) -> Rollout | None:
    """None: there is nothing to go back to."""
    if current is None or not current.revision:
        return None
    # What is replaced in the middle of its own rollout was not known to be good.
    stable = current.rollout or Rollout(current.spec, current.revision, current.applied_unix_nano)
    return replace(
        stable,
        phase=RolloutPhase.STARTING,
        since_unix_nano=now_unix_nano,
        ledger_sequence=ledger_sequence,
        canary=spec.rollout.canary if may_be_tried(spec, stable.stable) else 0.0,
    )


def may_be_tried(spec: PipelineSpec, stable: PipelineSpec) -> bool:
    """Whether both can have frames of one buffer at a time, as a canary and its stable revision:
    where the buffer or the delivery changes, they cannot."""
    return (spec.buffer, spec.delivery) == (stable.buffer, stable.delivery)


def without_canary(made: StoredPipeline) -> str:
    """Why a revision has no canary although its specification asks for one; empty otherwise."""
    wanted, rollout = made.spec.rollout.canary, made.rollout
    if not wanted or rollout is None or rollout.canary:
        return ""
    return (
        "it goes without a canary, as its buffer or delivery changes too: apply that change first"
        " to try only the models"
    )


def _alone(spec: PipelineSpec, current: StoredPipeline) -> StoredPipeline:
    """Without a shadow: what comes back asks for nothing more than it needs to run."""
    return replace(_stored_as(without_shadow(spec), current), shadow=0)


def _stored_as(
    spec: PipelineSpec, current: StoredPipeline | None, canary: float = 0.0
) -> StoredPipeline:
    """With the generation that takes its frames, and those that are to be worked off."""
    if current is None:
        return StoredPipeline(spec, Generation.of(1, spec))
    same = Generation.of(current.generation.number, spec, canary)
    if same == current.generation:
        return replace(current, spec=spec)
    # What was accepted stays where it is until it is done: moved, it could get lost.
    return replace(
        current,
        spec=spec,
        generation=replace(same, number=same.number + 1),
        draining=(*current.draining, current.generation),
    )
