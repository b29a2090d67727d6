"""Executes the plan of a pipeline on groups of frames."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from framemesh.core.detection import Detection
from framemesh.core.graph.item import Item, ItemId
from framemesh.core.graph.plan import Edge, GraphPlan, Node
from framemesh.runtime.concurrency.window import Window
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.region import Region, regions_of
from framemesh.worker.engine.stage_input import StageInput, StageResult
from framemesh.worker.engine.tiles import merged, tiles_of
from framemesh.worker.errors import BetterAlone, TooManyTiles
from framemesh.worker.frame_group import WaitingForOthers
from framemesh.worker.off_loop import off_loop
from framemesh.worker.vision.image import FrameImage

LARGE_IMAGE_BYTES = 96 * 1024 * 1024
"""Decoded: 32 megapixels. Such a one takes seconds to decode, so there is one at a time."""

TOGETHER_BYTES = 8 * 1024 * 1024
"""Decoded: 2.8 megapixels. Frames together have their outcomes together, so the others would wait
for a larger one; and what frames share is little beside decoding it."""


class NodeRunner(Protocol):
    """Does the work of one node; see `Stage`."""

    @property
    def input_bytes(self) -> int: ...

    @property
    def dispatch_latency_seconds(self) -> float: ...

    async def decode(self, images: Sequence[FrameImage]) -> list[Exception | None]: ...

    async def run(
        self, inputs: Sequence[StageInput], *, release_pixels: bool
    ) -> list[StageResult]: ...


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """What a pipeline found in one frame."""

    width: int
    height: int
    """Of the decoded image, in pixels."""
    items: tuple[Item, ...]
    """In the order of the plan's nodes; an item stands after its parent."""
    tensor_bytes: int = 0
    """Of the inputs that the models got."""
    damage: str = ""
    """What of the image is damaged, as its decoder says; empty: nothing that it can tell."""

    @property
    def detections(self) -> tuple[Detection, ...]:
        """The same without ids: the place of a detection stands for it."""
        return tuple(item.detection for item in self.items)


@dataclass(slots=True, eq=False)
class _Execution:
    """One run of the plan on one frame."""

    input: FrameInput
    image: FrameImage
    deadline: float
    items: list[Item] = field(default_factory=list)
    by_node: dict[str, list[Item]] = field(default_factory=dict)
    places: dict[ItemId, int] = field(default_factory=dict)
    """In `items`."""
    tensor_bytes: int = 0
    error: Exception | None = None
    """Why nothing more is done for it."""

    @property
    def result(self) -> InferenceResult | Exception:
        if self.error is not None:
            return self.error
        image = self.image
        return InferenceResult(
            image.width, image.height, tuple(self.items), self.tensor_bytes, image.damage
        )

    def add_all(
        self,
        node: Node,
        regions: Sequence[Region | None],
        found: Sequence[Sequence[Detection]],
        *,
        tiled: bool,
    ) -> None:
        """Make items of what a node found; what several tiles show becomes one."""
        if tiled:
            self.add(node, None, merged(found))
            return
        for region, detections in zip(regions, found, strict=True):
            self.add(node, region, detections)

    def add(self, node: Node, region: Region | None, detections: Sequence[Detection]) -> None:
        """Make items of what a node found in one region."""
        siblings = self.by_node.setdefault(node.id, [])
        parent = None if region is None else region.parent
        place = None if parent is None else self.places[parent]
        for found in detections:
            detection = found if place is None else replace(found, parent=place)
            item = Item(ItemId(node.id, len(siblings)), parent, detection)
            self.places[item.id] = len(self.items)
            self.items.append(item)
            siblings.append(item)


class GraphExecutor:
    """Executes a plan, node by node, on a group of frames for each of any number of callers at
    once.

    The callers bound how many frames are in progress.
    """

    def __init__(
        self,
        plan: GraphPlan,
        runners: Mapping[str, NodeRunner],
        images: Window,
        *,
        refuse_damaged: bool = False,
    ) -> None:
        """
        Args:
            runners: by the id of the node.
            images: bounds the decoded images that are in memory at once.
            refuse_damaged: whether no model gets a damaged image.
        """
        self._refuse_damaged = refuse_damaged
        self._runners = runners
        self._images = images
        self._entry = runners[plan.entry.id]
        self._steps = [(node, plan.inputs(node.id)) for node in plan.nodes]
        # Several at once would take all of the memory, and the frames of other cameras would wait.
        self._large = asyncio.Semaphore(1)

    @property
    def dispatch_latency_seconds(self) -> float:
        """Moving average in seconds, from the start of a run to its first request to a model."""
        return self._entry.dispatch_latency_seconds

    @property
    def dispatch_latencies(self) -> dict[str, float]:
        """The same of each node, from when it has its inputs, in seconds by the node's id."""
        return {node: runner.dispatch_latency_seconds for node, runner in self._runners.items()}

    async def run(self, inputs: Sequence[FrameInput]) -> list[InferenceResult | Exception]:
        """Decode frames and execute the plan on them; what became of each, in their order.

        An error is that of one frame, and not raised:

        - Undecodable, Corrupt: it is no image, or not the one that was sent; it never will be.
        - Damaged: part of it is lost, and such images are refused.
        - TooSlowToDecode: decoding it takes longer than a frame may.
        - TooManyTiles: it is cut into more tiles than a frame may have.
        - TooOld: it was not sent to a model in time.
        - InferenceFailed: a model refused its input, or answered what it did not declare.
        - TritonUnavailable: try the same frame again later.
        - BetterAlone: it is too large to be run together with others.
        """
        executions = [self._execution(each) for each in inputs]
        if len(executions) > 1:
            for each in executions:
                if each.image.decoded_bytes >= TOGETHER_BYTES:
                    each.error = BetterAlone("others would wait for an image of this size")
        if executions[0].image.decoded_bytes < LARGE_IMAGE_BYTES or len(executions) > 1:
            await self._in_window(executions)
        else:
            with WaitingForOthers():
                await self._large.acquire()
            try:
                await self._in_window(executions)
            finally:
                self._large.release()
        return [each.result for each in executions]

    def _execution(self, frame: FrameInput) -> _Execution:
        image = FrameImage(frame.image, frame.crc32, refuse_damaged=self._refuse_damaged)
        return _Execution(frame, image, frame.deadline)

    async def _in_window(self, executions: Sequence[_Execution]) -> None:
        size = sum(each.image.decoded_bytes for each in executions if each.error is None)
        with WaitingForOthers():
            await self._images.acquire(size)
        try:
            last, _ = self._steps[-1]
            for node, edges in self._steps:
                await self._run_node(executions, node, edges, release_pixels=node is last)
        finally:
            self._images.release(size)

    async def _run_node(
        self,
        executions: Sequence[_Execution],
        node: Node,
        edges: Sequence[Edge],
        *,
        release_pixels: bool,
    ) -> None:
        runner = self._runners[node.id]
        executions = [each for each in executions if each.error is None]
        tiled = any(edge.tiles for edge in edges)
        if tiled:
            # How many tiles there are follows from the decoded image: a camera may have turned it.
            errors = await runner.decode([each.image for each in executions])
            for each, error in zip(executions, errors, strict=True):
                each.error = error
        inputs = await off_loop(
            partial(_inputs, executions, edges), sum(len(each.items) for each in executions)
        )
        if release_pixels:
            for each in executions:
                if not inputs.get(each):
                    each.image.release_pixels()
        running = [each for each in executions if inputs.get(each)]
        if not running:
            return
        results = await runner.run(
            [inputs[each] for each in running], release_pixels=release_pixels
        )
        await off_loop(
            partial(_add_all, running, node, inputs, results, tiled=tiled),
            sum(len(found) for result in results if isinstance(result, list) for found in result),
        )
        for each in running:
            each.tensor_bytes += len(inputs[each].regions) * runner.input_bytes
            # A frame that one model has worked on is worked on to the end.
            each.deadline = math.inf


def _inputs(
    executions: Sequence[_Execution], edges: Sequence[Edge]
) -> dict[_Execution, StageInput]:
    """What a node gets of each frame; a frame of which it gets nothing has none."""
    found: dict[_Execution, StageInput] = {}
    for each in executions:
        if each.error is not None:
            continue
        try:
            regions = [region for edge in edges for region in _regions_of_edge(each, edge)]
        except TooManyTiles as error:
            each.error = error
            continue
        if regions:
            found[each] = StageInput(each.image, regions, each.deadline, each.input.context)
    return found


def _add_all(
    executions: Sequence[_Execution],
    node: Node,
    inputs: Mapping[_Execution, StageInput],
    results: Sequence[StageResult],
    *,
    tiled: bool,
) -> None:
    for each, result in zip(executions, results, strict=True):
        if isinstance(result, Exception):
            each.error = result
        else:
            each.add_all(node, inputs[each].regions, result, tiled=tiled)


def _regions_of_edge(execution: _Execution, edge: Edge) -> list[Region | None]:
    image = execution.image
    if edge.tiles is not None:
        return tiles_of(image.width, image.height, edge.tiles)
    if edge.source is None:
        return [None]
    items = execution.by_node.get(edge.source, ())
    return list(regions_of(items, edge, image.width, image.height))
