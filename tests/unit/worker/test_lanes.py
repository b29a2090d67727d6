"""Which parts of the buffer the workers of each revision draw from."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import SPLIT_PHASES, RolledBack, Rollout, RolloutPhase
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.worker.intake.lanes import Lane, lanes

STABLE = PipelineSpec("street", (StageSpec("people", "person", 1),))
BETTER = replace(STABLE, stages=(StageSpec("people", "person", 2),))
WIDER = replace(STABLE, buffer=BufferSpec(shards=8))

ALL = Generation.of(1, STABLE)
SPLIT = Generation.of(2, STABLE, canary=0.1)

TRIED = StoredPipeline(
    BETTER, SPLIT, (ALL,), 7, rollout=Rollout(STABLE, 5, phase=RolloutPhase.CANARY, canary=0.1)
)


def test_a_canary_has_the_frames_of_its_cameras_alone() -> None:
    assert lanes(TRIED, BETTER, 7) == [Lane(SPLIT, canary=True)]
    assert lanes(TRIED, STABLE, 5) == [Lane(ALL), Lane(SPLIT)]


def test_before_it_has_its_cameras_a_new_revision_draws_nothing() -> None:
    assert TRIED.rollout is not None
    starting = replace(
        TRIED,
        generation=ALL,
        draining=(),
        rollout=replace(TRIED.rollout, phase=RolloutPhase.STARTING),
    )
    assert lanes(starting, BETTER, 7) == []
    assert lanes(starting, STABLE, 5) == [Lane(ALL)]


def test_after_it_all_work_off_what_there_is_of_either() -> None:
    assert TRIED.rollout is not None
    rollout = replace(TRIED.rollout, phase=RolloutPhase.REPLACING)
    third = Generation.of(3, STABLE)
    promoted = replace(TRIED, generation=third, draining=(SPLIT,), rollout=rollout)
    expected = [Lane(SPLIT), Lane(SPLIT, canary=True), Lane(third)]
    assert lanes(promoted, BETTER, 7) == expected
    assert lanes(promoted, STABLE, 5) == expected


def test_a_revision_that_was_given_up_draws_nothing_more() -> None:
    third = Generation.of(3, STABLE)
    back = StoredPipeline(STABLE, third, (SPLIT,), 5, rolled_back=RolledBack(7, "it is broken"))
    assert lanes(back, BETTER, 7) == []
    assert lanes(back, STABLE, 5) == [Lane(SPLIT), Lane(SPLIT, canary=True), Lane(third)]


def test_frames_that_are_stored_otherwise_are_left_to_the_revision_that_changed_it() -> None:
    wider = StoredPipeline(WIDER, Generation.of(2, WIDER), (ALL,), 7)
    assert lanes(wider, STABLE, 5) == [Lane(ALL)]
    assert lanes(wider, WIDER, 7) == [Lane(ALL), Lane(wider.generation)]


PHASES = st.sampled_from(RolloutPhase)


@given(PHASES, st.lists(st.sampled_from([0.0, 0.1, 0.3]), max_size=4), st.sampled_from([0.0, 0.1]))
def test_whatever_is_in_the_buffer_somebody_draws_it_and_a_canary_takes_no_other_cameras(
    phase: RolloutPhase, older: list[float], share: float
) -> None:
    draining = [Generation.of(number, STABLE, each) for number, each in enumerate(older, 1)]
    split = share if phase in SPLIT_PHASES else 0.0
    newest = Generation.of(len(older) + 1, STABLE, split)
    rollout = Rollout(STABLE, 5, phase=phase, canary=share)
    stored = StoredPipeline(BETTER, newest, tuple(draining), 7, rollout=rollout)
    stable, new = lanes(stored, STABLE, 5), lanes(stored, BETTER, 7)
    shards = {
        shard for generation in (*draining, newest) for shard in generation.all_shards("street")
    }
    assert {shard for lane in (*stable, *new) for shard in lane.shards("street")} == shards
    if rollout.trial:
        assert not {*stable} & {*new}
        assert all(lane.canary and lane.generation == newest for lane in new)
