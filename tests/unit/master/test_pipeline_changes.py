"""What becomes of the entry of a pipeline, whatever changes follow one another."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, StageSpec
from framemesh.master.pipelines.changes import advanced, applied, finished, given_up, returned
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


@given(
    st.lists(
        st.tuples(st.sampled_from("aagfnr"), st.integers(1, 3), st.sampled_from([4, 8])),
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
                current = made(applied(spec(version, shards), current, NOW), number)
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
        assert specs[current.revision] == current.spec, "a number means one specification"
        assert current.generation == Generation.of(current.generation.number, current.spec)
        numbers = [each.number for each in (*current.draining, current.generation)]
        assert numbers == sorted({*numbers})
        assert {*before.draining} <= {*current.draining}, "none is forgotten that has frames"
