"""Stages run on the boxes, and the frames, of which their condition is true."""

from collections.abc import Mapping

import pytest

from framemesh.core.graph.condition.parsing import parse
from framemesh.core.graph.plan import compile_plan
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.zones import ZoneSpec
from framemesh.runtime.concurrency.window import Window
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.graph_executor import GraphExecutor
from tests.unit.worker.test_graph_executor import JPEG, LEFT, RIGHT, FakeStage

EIGHT_O_CLOCK = 8 * 3600 * 1_000_000_000


def stage(
    name: str,
    when: str = "",
    *,
    for_each: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
) -> StageSpec:
    condition = parse(when) if when else None
    return StageSpec(name, "model", for_each=for_each, after=after, when=condition)


async def run(
    *stages: StageSpec,
    finds: Mapping[str, FakeStage],
    zones: Mapping[str, ZoneSpec] | None = None,
    camera: str = "gate",
) -> tuple[InferenceResult, set[str]]:
    """What was found, and which stages ran."""
    runners = {each.name: finds.get(each.name) or FakeStage(each.name) for each in stages}
    executor = GraphExecutor(
        compile_plan(PipelineSpec("street", stages)),
        runners,
        Window(8, 10_000_000),
        zones=zones or {},
    )
    frame = FrameInput(JPEG, camera=camera, captured_unix_nano=EIGHT_O_CLOCK)
    (result,) = await executor.run([frame])
    assert isinstance(result, InferenceResult)
    return result, {name for name, runner in runners.items() if runner.regions}


PEOPLE = FakeStage("people", (("person", LEFT), ("dog", RIGHT), ("person", None)))


def people() -> FakeStage:
    return FakeStage("people", PEOPLE.finds)


async def test_only_the_boxes_of_which_it_is_true_are_cut_out() -> None:
    faces = FakeStage("faces", (("face", LEFT),))
    result, _ = await run(
        stage("people"),
        stage("faces", "label == 'person' and area > 0.1", for_each=("people",)),
        finds={"people": people(), "faces": faces},
    )
    # What has no box has no area.
    assert [str(item.parent) for item in result.items if item.id.node == "faces"] == ["people/0"]


@pytest.mark.parametrize(
    ("when", "runs"),
    [
        ("count(people) > 2", True),
        ("count(people) > 3", False),
        ("count(people, label == 'dog') == 1", True),
        ("camera == 'gate'", True),
        ("camera in ('yard', 'door')", False),
        ("time >= 08:00 and time < 18:00", True),
        ("time < 08:00", False),
        ("weekday == 'thu'", True),
    ],
)
async def test_a_frame_of_which_it_is_false_is_left_out(when: str, *, runs: bool) -> None:
    _, ran = await run(
        stage("people"), stage("scene", when, after=("people",)), finds={"people": people()}
    )
    assert ran == ({"people", "scene"} if runs else {"people"})


async def test_what_stands_behind_a_stage_that_is_left_out_is_left_out_too() -> None:
    _, ran = await run(
        stage("people"),
        stage("night", "time >= 22:00", after=("people",)),
        stage("stars", after=("night",)),
        stage("far", for_each=("stars",)),
        finds={"people": people()},
    )
    assert ran == {"people"}


async def test_a_join_runs_after_whichever_branch_did() -> None:
    _, ran = await run(
        stage("day", "time < 20:00"),
        stage("night", "time >= 20:00"),
        stage("both", after=("day", "night")),
        finds={},
    )
    assert ran == {"day", "both"}


async def test_a_stage_that_found_nothing_ran() -> None:
    _, ran = await run(
        stage("people"),
        stage("faces", "label == 'nobody'", for_each=("people",)),
        stage("last", "count(faces) == 0", after=("faces",)),
        finds={"people": people()},
    )
    assert ran == {"people", "last"}


@pytest.mark.parametrize(("camera", "parents"), [("gate", ["people/0"]), ("door", [])])
async def test_zones_are_those_of_the_camera(camera: str, parents: list[str]) -> None:
    yard = ZoneSpec(((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)), cameras=("gate",))
    result, _ = await run(
        stage("people"),
        stage("faces", "in_zone('yard')", for_each=("people",)),
        finds={"people": people(), "faces": FakeStage("faces", (("face", LEFT),))},
        zones={"yard": yard},
        camera=camera,
    )
    found = [str(item.parent) for item in result.items if item.id.node == "faces"]
    assert found == parents


async def test_a_frame_that_no_stage_looks_at_is_done_and_never_decoded() -> None:
    result, ran = await run(stage("people", "camera == 'yard'"), finds={"people": people()})
    assert ran == set()
    assert (result.items, result.width, result.tensor_bytes) == ((), 0, 0)
