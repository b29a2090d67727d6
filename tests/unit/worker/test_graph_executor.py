"""A plan is executed over items, in memory: branches, joins, ids, pixels."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from framemesh.core.detection import Box, Detection, Keypoint, Mask, Point, Raster, RasterKind
from framemesh.core.graph.item import ItemId
from framemesh.core.graph.plan import Edge, Node, sorted_plan
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec
from framemesh.runtime.concurrency.window import Window
from framemesh.vision.arrays import Pixels
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.graph_executor import GraphExecutor
from framemesh.worker.engine.region import Region
from framemesh.worker.engine.stage_input import StageInput, StageResult
from framemesh.worker.errors import Damaged, Undecodable
from framemesh.worker.vision.image import FrameImage
from tests.graph_runs import run_one
from tests.jpegs import jpeg, picture

JPEG = cv2.imencode(".jpg", np.full((100, 200, 3), 128, np.uint8))[1].tobytes()

NOTHING_ELSE = Detection("", "", 0, 0.0)

LEFT, RIGHT = Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 1.0, 1.0)


@dataclass
class FakeStage:
    """Finds the same things in every region, in fractions of the whole image."""

    name: str
    finds: tuple[tuple[str, Box | None], ...] = ()
    input_bytes: int = 10
    dispatch_latency_seconds: float = 0.0
    tells: Detection = NOTHING_ELSE
    """What else each of its detections has."""
    regions: list[list[Region | None]] = field(default_factory=list)
    """Of each frame."""
    deadlines: list[float] = field(default_factory=list)
    released: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Not in `run`: a real stage reads its results beside the event loop.
        self._found = [
            replace(self.tells, stage=self.name, label=label, score=0.9, box=box)
            for label, box in self.finds
        ]

    async def decode(self, images: Sequence[FrameImage]) -> list[Exception | None]:
        return [_decode_error(image) for image in images]

    async def run(self, inputs: Sequence[StageInput], *, release_pixels: bool) -> list[StageResult]:
        found: list[StageResult] = []
        for each in inputs:
            try:
                _ = each.image.pixels
            except Undecodable as error:
                found.append(error)
                continue
            if release_pixels:
                each.image.release_pixels()
            self.regions.append(list(each.regions))
            self.deadlines.append(each.deadline)
            self.released.append(release_pixels)
            found.append([[*self._found] for _ in each.regions])
        await asyncio.sleep(0)
        return found


def _decode_error(image: FrameImage) -> Exception | None:
    try:
        _ = image.pixels
    except Undecodable as error:
        return error
    return None


def graph(edges: Sequence[Edge], *stages: FakeStage) -> GraphExecutor:
    nodes = [Node(stage.name, StageSpec(stage.name, "model")) for stage in stages]
    plan = sorted_plan(nodes, edges)
    return GraphExecutor(plan, {stage.name: stage for stage in stages}, Window(8, 10_000_000))


def ids(result: InferenceResult) -> list[tuple[str, str]]:
    return [(str(item.id), str(item.parent)) for item in result.items]


async def test_two_branches_take_the_items_of_one_node() -> None:
    people = FakeStage("people", (("person", LEFT), ("dog", RIGHT), ("person", RIGHT)))
    faces, dogs = FakeStage("faces", (("face", LEFT),)), FakeStage("breeds", (("pug", None),))
    edges = [
        Edge("people"),
        Edge("faces", "people", ("person",)),
        Edge("breeds", "people", ("dog",)),
    ]
    result = await run_one(graph(edges, people, faces, dogs), JPEG)
    assert ids(result) == [
        ("people/0", "None"),
        ("people/1", "None"),
        ("people/2", "None"),
        ("faces/0", "people/0"),
        ("faces/1", "people/2"),
        ("breeds/0", "people/1"),
    ]
    assert [one.parent for one in result.detections] == [None, None, None, 0, 2, 1]
    assert (result.width, result.height) == (200, 100)
    assert result.tensor_bytes == 10 * (1 + 2 + 1)


async def test_all_that_a_model_tells_stays_with_the_items_of_a_crop() -> None:
    tells = Detection(
        "",
        "",
        0,
        0.0,
        corners=(Point(0.1, 0.0), Point(0.5, 0.4), Point(0.4, 1.0), Point(0.0, 0.6)),
        keypoints=(Keypoint(Point(0.5, 0.5), 0.5),),
        mask=Mask(2, 1, (1, 1)),
        raster=Raster(RasterKind.DEPTH, 1, 1, b"zz"),
        text="B 1",
        embedding=(0.5,),
    )
    ships = FakeStage("ships", (("ship", LEFT),), tells=tells)
    flags = FakeStage("flags", (("flag", LEFT),), tells=tells)
    result = await run_one(graph([Edge("ships"), Edge("flags", "ships")], ships, flags), JPEG)
    ship, flag = result.detections
    assert ship == replace(tells, stage="ships", label="ship", score=0.9, box=LEFT)
    assert flag == replace(ship, stage="flags", label="flag", parent=0)
    # What is cut out for an oriented box is the box around it.
    ((region,),) = flags.regions
    assert region
    assert (region.left, region.top, region.right, region.bottom) == (0, 0, 100, 100)


async def test_a_node_may_join_what_several_found() -> None:
    cars, trucks = FakeStage("cars", (("car", LEFT),)), FakeStage("trucks", (("truck", RIGHT),))
    plates = FakeStage("plates", (("plate", None),))
    edges = [Edge("plates", "trucks"), Edge("plates", "cars"), Edge("cars"), Edge("trucks")]
    result = await run_one(graph(edges, plates, cars, trucks), JPEG)
    assert ids(result)[2:] == [("plates/0", "trucks/0"), ("plates/1", "cars/0")]
    # One call with the regions of both.
    ((first, second),) = plates.regions
    assert first
    assert second
    assert (first.left, first.right, first.parent) == (100, 200, ItemId("trucks", 0))
    assert (second.left, second.right, second.parent) == (0, 100, ItemId("cars", 0))


async def test_items_have_the_same_ids_each_time_and_an_item_stands_behind_its_parent() -> None:
    first = FakeStage("a", (("x", LEFT), ("x", RIGHT)))
    second = FakeStage("b", (("y", LEFT), ("y", RIGHT)))
    third = FakeStage("c", (("z", None),))
    made = graph([Edge("a"), Edge("b", "a"), Edge("c", "b"), Edge("c", "a")], first, second, third)
    results = await asyncio.gather(*(run_one(made, JPEG) for _ in range(5)))
    assert all(result == results[0] for result in results)
    places = {item.id: place for place, item in enumerate(results[0].items)}
    assert len(places) == 2 + 4 + 6
    for item in results[0].items:
        if item.parent is None:
            assert item.detection.parent is None
        else:
            assert item.detection.parent == places[item.parent] < places[item.id]


async def test_pixels_go_with_the_last_node_that_needs_them() -> None:
    a, b = FakeStage("a", (("x", LEFT),)), FakeStage("b", (("y", LEFT),))
    c = FakeStage("c")
    await run_one(graph([Edge("a"), Edge("b", "a"), Edge("c", "b")], a, b, c), JPEG)
    assert (a.released, b.released, c.released) == ([False], [False], [True])


async def test_a_node_without_inputs_is_not_asked() -> None:
    a, b, c = FakeStage("a", (("x", LEFT),)), FakeStage("b"), FakeStage("c")
    edges = [Edge("a"), Edge("b", "a", ("nothing",)), Edge("c", "b")]
    result = await run_one(graph(edges, a, b, c), JPEG)
    assert not b.regions
    assert not c.regions
    assert len(result.items) == 1


async def test_boxes_that_show_nothing_are_not_cut_out() -> None:
    thin, whole = Box(0.1, 0.1, 0.104, 0.9), None
    a, b = FakeStage("a", (("x", thin), ("x", whole), ("x", LEFT))), FakeStage("b")
    await run_one(graph([Edge("a"), Edge("b", "a")], a, b), JPEG)
    ((region,),) = b.regions
    assert region
    assert region.parent == ItemId("a", 2)


async def test_only_the_first_node_has_a_deadline() -> None:
    a, b, c = FakeStage("a", (("x", LEFT),)), FakeStage("b"), FakeStage("c")
    await run_one(graph([Edge("a"), Edge("b"), Edge("c", "a")], a, b, c), JPEG, deadline=5.0)
    assert (a.deadlines, b.deadlines, c.deadlines) == ([5.0], [math.inf], [math.inf])


async def test_each_node_has_a_latency_and_that_of_the_graph_is_the_first_ones() -> None:
    a = FakeStage("a", dispatch_latency_seconds=0.25)
    b = FakeStage("b", dispatch_latency_seconds=0.75)
    made = graph([Edge("b", "a"), Edge("a")], b, a)
    assert made.dispatch_latency_seconds == 0.25
    assert made.dispatch_latencies == {"a": 0.25, "b": 0.75}


async def test_tiles_of_the_frame_are_merged_into_items_without_parents() -> None:
    stage = FakeStage("things", (("boat", LEFT), ("boat", None)))
    result = await run_one(graph([Edge("things", tiles=TilesSpec(64, 0.0))], stage), JPEG)
    (regions,) = stage.regions
    assert len(regions) == 4 * 2
    assert ids(result)[0] == ("things/0", "None")
    # The box that all tiles tell is one thing; what is told of each tile as a whole is not.
    assert [item.detection.box for item in result.items] == [LEFT] + [None] * 8
    assert result.tensor_bytes == 8 * stage.input_bytes


async def test_a_damaged_picture_is_marked_or_reaches_no_model() -> None:
    pixels = picture(320, 240)
    whole = jpeg(pixels=pixels)
    damaged = whole[:4000] + whole[7000:]
    stage = FakeStage("people")
    nodes = [Node("people", StageSpec("people", "model"))]
    plan = sorted_plan(nodes, [Edge("people")])
    tolerant, strict = (
        GraphExecutor(plan, {"people": stage}, Window(8, 10_000_000), refuse_damaged=refuse)
        for refuse in (False, True)
    )
    assert (await run_one(tolerant, whole)).damage == ""
    assert "Corrupt JPEG data" in (await run_one(tolerant, damaged)).damage
    assert (await run_one(strict, whole)).damage == ""
    seen = len(stage.deadlines)
    with pytest.raises(Damaged):
        await run_one(strict, damaged)
    assert len(stage.deadlines) == seen


@dataclass
class Meeting(FakeStage):
    """Answers only once all stages of the meeting were asked."""

    meeting: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(1))

    async def run(self, inputs: Sequence[StageInput], *, release_pixels: bool) -> list[StageResult]:
        await self.meeting.wait()
        return await super().run(inputs, release_pixels=release_pixels)


async def test_branches_run_at_the_same_time_and_the_order_of_items_is_that_of_the_plan() -> None:
    meeting = asyncio.Barrier(2)
    a = FakeStage("a", (("x", LEFT),))
    b, c = (Meeting(name, (("y", LEFT),), meeting=meeting) for name in "bc")
    late = FakeStage("late", (("z", None),))
    edges = [Edge("a"), Edge("b", "a"), Edge("late", "b"), Edge("c", "a")]
    async with asyncio.timeout(5):
        result = await run_one(graph(edges, a, b, late, c), JPEG)
    assert ids(result) == [
        ("a/0", "None"),
        ("b/0", "a/0"),
        ("late/0", "b/0"),
        ("c/0", "a/0"),
    ]


async def test_a_frame_that_one_branch_fails_on_fails_and_those_beside_it_do_not() -> None:
    a, b = FakeStage("a"), FakeStage("b")
    frames = [FrameInput(JPEG), FrameInput(b"no image"), FrameInput(JPEG)]
    first, second, third = await graph([Edge("a"), Edge("b")], a, b).run(frames)
    assert isinstance(second, Undecodable)
    assert isinstance(first, InferenceResult)
    assert first == third
    assert len(a.regions) == len(b.regions) == 2


async def test_an_image_is_decoded_once_for_all_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    usual = FrameImage._decode

    def counted(self: FrameImage) -> Pixels:
        decoded.append(1)
        return usual(self)

    monkeypatch.setattr(FrameImage, "_decode", counted)
    await run_one(graph([Edge("a"), Edge("b")], FakeStage("a"), FakeStage("b")), JPEG)
    assert len(decoded) == 1


async def test_a_node_that_comes_after_another_sees_the_whole_frame() -> None:
    a, b = FakeStage("a", (("x", LEFT),)), FakeStage("b")
    nodes = [
        Node("b", StageSpec("b", "model", after=("a",)), ("a",)),
        Node("a", StageSpec("a", "model")),
    ]
    plan = sorted_plan(nodes, [Edge("a"), Edge("b")])
    assert [node.id for node in plan.nodes] == ["a", "b"]
    assert plan.is_chain
    await run_one(GraphExecutor(plan, {"a": a, "b": b}, Window(8, 10_000_000)), JPEG)
    assert b.regions == [[None]]
