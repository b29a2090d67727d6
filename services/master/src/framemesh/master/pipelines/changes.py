"""What the entry of a pipeline becomes by a change: pure functions of what it was."""

from dataclasses import replace

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import RolledBack, Rollout, RolloutPhase
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.revision_store import StoredRevision


def same_work(current: PipelineSpec, spec: PipelineSpec) -> bool:
    """Whether workers of one do for the other: they differ in how many there are, or in how the
    next revision is brought in."""
    same = replace(current, workers=spec.workers, rollout=spec.rollout) == spec
    return same and spec.workers.of_same_kind(current.workers)


def applied(
    spec: PipelineSpec,
    current: StoredPipeline | None,
    now_unix_nano: int,
    ledger_sequence: int = 0,
) -> StoredPipeline:
    """A pipeline that somebody applied; what was good before may come back.

    It has no revision yet, unless workers go on as they are.
    """
    if current and current.revision and same_work(current.spec, spec):
        # Whoever applies what came back takes note that another revision was given up for it.
        same = replace(current, spec=spec, rolled_back=None)
        return current if same == current else same
    return replace(
        _stored_as(spec, current),
        revision=0,
        applied_unix_nano=now_unix_nano,
        rollout=_rollout(current, now_unix_nano, ledger_sequence),
        rolled_back=None,
    )


def returned(
    earlier: StoredRevision, current: StoredPipeline, now_unix_nano: int
) -> StoredPipeline:
    """A pipeline that goes back to an earlier revision because somebody says so."""
    return replace(
        _stored_as(earlier.spec, current),
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
    return replace(current, rollout=rollout)


def finished(current: StoredPipeline) -> StoredPipeline:
    """A pipeline whose revision is good."""
    return replace(current, rollout=None)


def given_up(current: StoredPipeline, why: str) -> StoredPipeline:
    """A pipeline whose new revision is given up for the last one that was good."""
    rollout = current.rollout
    if rollout is None:
        return current
    return replace(
        _stored_as(rollout.stable, current),
        revision=rollout.stable_revision,
        applied_unix_nano=rollout.stable_applied_unix_nano,
        rollout=None,
        rolled_back=RolledBack(current.revision, why),
    )


def _rollout(
    current: StoredPipeline | None, now_unix_nano: int, ledger_sequence: int
) -> Rollout | None:
    """None: there is nothing to go back to."""
    if current is None or not current.revision:
        return None
    if current.rollout:
        # What is replaced was not known to be good.
        unproven = current.rollout
        return Rollout(
            unproven.stable,
            unproven.stable_revision,
            unproven.stable_applied_unix_nano,
            since_unix_nano=now_unix_nano,
            ledger_sequence=ledger_sequence,
        )
    return Rollout(
        current.spec,
        current.revision,
        current.applied_unix_nano,
        since_unix_nano=now_unix_nano,
        ledger_sequence=ledger_sequence,
    )


def _stored_as(spec: PipelineSpec, current: StoredPipeline | None) -> StoredPipeline:
    """With the generation that takes its frames, and those that are to be worked off."""
    if current is None:
        return StoredPipeline(spec, Generation.of(1, spec))
    same = Generation.of(current.generation.number, spec)
    if same == current.generation:
        return replace(current, spec=spec)
    # What was accepted stays where it is until it is done: moved, it could get lost.
    return replace(
        current,
        spec=spec,
        generation=replace(same, number=same.number + 1),
        draining=(*current.draining, current.generation),
    )
