"""What becomes of the entry of a pipeline, whatever changes follow one another."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.tracing_spec import TracingSpec
from framemesh.master.pipelines.changes import (
    advanced,
    applied,
    finished,
    given_up,
    returned,
    same_work,
    without_canary,
)
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.revision_store import StoredRevision

NOW = 1_000


def spec(version: int, shards: int = 4) -> PipelineSpec:
    return PipelineSpec(
        "street", (StageSpec("people", "person", version),), BufferSpec(shards=shards)
    )


def made(wanted: StoredPipeline, number: int) -> StoredPipeline:
    """As the store writes it."""
    return replace(wanted, revision=wanted.revision or number)


FIRST = made(applied(spec(1), None, NOW), 1)


def test_a_first_revision_has_nothing_to_go_back_to() -> None:
    assert FIRST.rollout is None
    assert applied(spec(1), FIRST, NOW) is FIRST


def test_to_trace_more_frames_is_no_new_revision() -> None:
    traced = applied(replace(spec(1), tracing=TracingSpec(0.5)), FIRST, NOW + 1)
    assert (traced.revision, traced.rollout, traced.spec.tracing.sample) == (1, None, 0.5)


def test_what_replaces_a_revision_that_is_not_known_to_be_good_goes_back_behind_it() -> None:
    second = made(applied(spec(2), FIRST, NOW), 2)
    third = made(applied(spec(3), second, NOW), 3)
    assert third.rollout is not None
    assert third.rollout.stable_revision == 1
    back = given_up(third, "it is broken")
    assert (back.revision, back.spec, back.rollout) == (1, spec(1), None)
    assert str(back.rolled_back) == "revision 3 was rolled back: it is broken"


def test_a_revision_that_is_good_is_what_the_next_one_goes_back_to() -> None:
    second = finished(made(applied(spec(2), FIRST, NOW), 2))
    third = made(applied(spec(3), second, NOW), 3)
    assert given_up(third, "it is broken").revision == 2


def test_streams_that_were_changed_are_changed_again() -> None:
    wider = made(applied(spec(1, shards=8), FIRST, NOW), 2)
    back = given_up(wider, "it is broken")
    assert back.generation == Generation.of(3, spec(1))
    assert [each.number for each in back.draining] == [1, 2]


TRIED = RolloutSpec(canary=0.1)


def test_a_canary_has_streams_of_its_own_for_as_long_as_it_is_one() -> None:
    second = made(applied(replace(spec(2), rollout=TRIED), FIRST, NOW), 2)
    assert second.rollout is not None
    assert second.rollout.trial
    assert second.generation == FIRST.generation, "first its workers are ready"
    switching = advanced(second, RolloutPhase.SWITCHING, NOW, 0)
    canary = advanced(switching, RolloutPhase.CANARY, NOW, 0)
    assert canary.generation == switching.generation
    assert (canary.generation.number, canary.generation.canary) == (2, 0.1)
    promoted = advanced(canary, RolloutPhase.REPLACING, NOW, 0)
    back = given_up(canary, "it is broken")
    for after in (promoted, back):
        assert (after.generation.number, after.generation.canary) == (3, 0.0)
        assert [each.number for each in after.draining] == [1, 2]


def test_a_change_of_the_buffer_has_no_canary_and_says_so() -> None:
    second = made(applied(replace(spec(2, shards=8), rollout=TRIED), FIRST, NOW), 2)
    assert second.rollout is not None
    assert not second.rollout.trial
    assert without_canary(second).startswith("it goes without a canary")


@given(
    st.lists(
        st.tuples(st.sampled_from("aacgfnr"), st.integers(1, 3), st.sampled_from([4, 8])),
        max_size=20,
    )
)
def test_frames_go_where_the_specification_says_and_what_comes_back_was_good(
    steps: list[tuple[str, int, int]],
) -> None:
    current, good = FIRST, {1}
    specs = {1: FIRST.spec}
    for number, (step, version, shards) in enumerate(steps, start=2):
        before = current
        match step:
            case "a":
                wanted = replace(spec(version, shards), rollout=TRIED)
                current = made(applied(wanted, current, NOW), number)
            case "c" if current.rollout and current.rollout.trial:
                current = advanced(current, RolloutPhase.CANARY, NOW, 0)
            case "g" if current.rollout:
                current = given_up(current, "it is broken")
                assert current.revision in good
                assert current.revision != before.revision
            case "f":
                current = finished(current)
                good.add(current.revision)
            case "n":
                current = advanced(current, RolloutPhase.REPLACING, NOW, 0)
            case "r":
                to = min(specs)
                current = returned(StoredRevision(specs[to], to), current, NOW)
                # Whoever says so answers for it.
                good.add(to)
        specs.setdefault(current.revision, current.spec)
        assert same_work(specs[current.revision], current.spec), "a number means the same work"
        assert current.generation.stores_as(current.spec)
        trial = current.rollout is not None and current.rollout.trial
        assert trial or not current.generation.canary
        numbers = [each.number for each in (*current.draining, current.generation)]
        assert numbers == sorted({*numbers})
        assert {*before.draining} <= {*current.draining}, "none is forgotten that has frames"


def shadowed(version: int, shadow: int, workers: int = 1) -> PipelineSpec:
    wanted = RolloutSpec(shadow=ShadowSpec({"people": shadow}, workers))
    return replace(spec(version), rollout=wanted)


def test_a_shadow_begins_and_ends_without_a_new_revision() -> None:
    begun = applied(shadowed(1, 2), FIRST, NOW)
    assert (begun.revision, begun.rollout, begun.shadow) == (1, None, 0)
    begun = replace(begun, shadow=7)
    more = applied(shadowed(1, 2, workers=3), begun, NOW)
    assert (more.revision, more.shadow) == (1, 7)
    assert applied(spec(1), more, NOW) == replace(FIRST, shadow=0)


def test_a_shadow_that_is_compared_with_something_else_is_another_one() -> None:
    begun = replace(applied(shadowed(1, 2), FIRST, NOW), shadow=7)
    assert applied(shadowed(1, 3), begun, NOW).shadow == 0
    assert applied(shadowed(4, 2), begun, NOW).shadow == 0


def test_what_comes_back_comes_without_a_shadow() -> None:
    stable = replace(applied(shadowed(1, 2), FIRST, NOW), shadow=7)
    second = made(applied(spec(3), stable, NOW), 8)
    back = given_up(second, "it is broken")
    assert (back.revision, back.spec, back.shadow) == (1, spec(1), 0)
    earlier = StoredRevision(shadowed(1, 2), 1)
    assert returned(earlier, second, NOW).spec == spec(1)
