"""Stages that make no graph are refused, with the field and the names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.graph.plan import InvalidGraph, compile_plan
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_checks import stage_problems
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec

PEOPLE, CARS = StageSpec("people", "person"), StageSpec("cars", "car")


def problems(*stages: StageSpec) -> list[str]:
    return [str(problem) for problem in stage_problems(stages)]


def test_the_order_of_the_stages_does_not_matter() -> None:
    faces = StageSpec("faces", "face", for_each=("people", "cars"))
    last = StageSpec("last", "sky", after=("faces",))
    assert problems(last, faces, PEOPLE, CARS) == []
    plan = compile_plan(PipelineSpec("street", (last, faces, PEOPLE, CARS)))
    assert [node.id for node in plan.nodes] == ["people", "cars", "faces", "last"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            StageSpec("a", "m", for_each=("people", "persn")),
            "stages[2].for_each[1]: no stage is named 'persn' (other stages: people, cars)",
        ),
        (
            StageSpec("a", "m", after=("persn",)),
            "stages[2].after[0]: no stage is named 'persn' (other stages: people, cars)",
        ),
        (
            StageSpec("a", "m", for_each=("cars", "cars")),
            "stages[2].for_each[1]: 'cars' is there twice",
        ),
        (
            StageSpec("a", "m", for_each=("cars",), after=("people", "cars")),
            "stages[2].after[1]: leave 'cars' out: for_each waits for it already",
        ),
        (StageSpec("cars", "m"), "stages[2].name: 'cars' is taken"),
        (StageSpec("a", "m", labels=("x",)), "stages[2].labels: only chooses crops; set for_each"),
        (
            StageSpec("a", "m", after=("cars",), crop_margin=0.1),
            "stages[2].crop_margin: only widens crops; set for_each",
        ),
        (
            StageSpec("a", "m", for_each=("cars",), tiles=TilesSpec()),
            "stages[2].tiles: cuts the whole frame; leave for_each out",
        ),
        (
            StageSpec("a", "m", after=("a",)),
            "stages[2].after: a circle: a waits for a",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_field(wrong: StageSpec, told: str) -> None:
    assert problems(PEOPLE, CARS, wrong) == [told]


def test_a_circle_is_told_once_with_the_way_around_it() -> None:
    first = StageSpec("a", "m", for_each=("c",))
    second = StageSpec("b", "m", after=("a",))
    third = StageSpec("c", "m", for_each=("b", "people"))
    behind = StageSpec("d", "m", after=("c",))
    assert problems(behind, first, second, third, PEOPLE) == [
        "stages[3].for_each: a circle: c waits for b waits for a waits for c"
    ]


@given(st.data())
def test_what_has_no_problems_is_exactly_what_can_be_planned(data: st.DataObject) -> None:
    names = [f"s{number}" for number in range(data.draw(st.integers(1, 6)))]
    stages = []
    for name in names:
        sources = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
        cut = data.draw(st.integers(0, len(sources)))
        stages.append(
            StageSpec(name, "m", for_each=tuple(sources[:cut]), after=tuple(sources[cut:]))
        )
    try:
        compile_plan(PipelineSpec("street", tuple(stages)))
    except InvalidGraph:
        assert problems(*stages)
    else:
        assert not problems(*stages)
