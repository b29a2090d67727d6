"""Executes the plan of a pipeline on frames."""

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
from framemesh.worker.engine.region import Region, regions_of
from framemesh.worker.engine.tiles import merged, tiles_of
from framemesh.worker.frame_context import WaitingForOthers
from framemesh.worker.off_loop import off_loop
from framemesh.worker.vision.image import FrameImage

LARGE_IMAGE_BYTES = 96 * 1024 * 1024
"""Decoded: 32 megapixels. Such a one takes seconds to decode, so there is one at a time."""


class NodeRunner(Protocol):
    """Does the work of one node; see `Stage`."""

    @property
    def input_bytes(self) -> int: ...

    @property
    def dispatch_latency_seconds(self) -> float: ...

    async def decode(self, image: FrameImage) -> None: ...

    async def run(
        self,
        image: FrameImage,
        regions: Sequence[Region | None],
        deadline: float,
        *,
        release_pixels: bool,
    ) -> list[list[Detection]]: ...


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


@dataclass(slots=True)
class _Execution:
    """One run of the plan on one frame."""

    image: FrameImage
    deadline: float
    items: list[Item] = field(default_factory=list)
    by_node: dict[str, list[Item]] = field(default_factory=dict)
    places: dict[ItemId, int] = field(default_factory=dict)
    """In `items`."""
    tensor_bytes: int = 0

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
    """Executes a plan, node by node, on one frame for each of any number of callers at once.

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

    async def run(
        self, image: bytes, crc32: int | None = None, deadline: float = math.inf
    ) -> InferenceResult:
        """Decode a frame and execute the plan on it.

        Args:
            crc32: of the encoded image as its camera made it; None: not known.
            deadline: by the event loop's time; a frame that is not sent to a model by then never
                is.

        Raises:
            Undecodable, Corrupt: it is no image, or not the one that was sent; it never will be.
            Damaged: part of it is lost, and such images are refused.
            TooSlowToDecode: decoding it takes longer than a frame may.
            TooManyTiles: it is cut into more tiles than a frame may have.
            TooOld: it was not sent to a model in time.
            InferenceFailed: a model refused its input, or answered what it did not declare.
            TritonUnavailable: try the same frame again later.
        """
        frame = FrameImage(image, crc32, refuse_damaged=self._refuse_damaged)
        execution = _Execution(frame, deadline)
        if execution.image.decoded_bytes < LARGE_IMAGE_BYTES:
            return await self._in_window(execution)
        with WaitingForOthers():
            await self._large.acquire()
        try:
            return await self._in_window(execution)
        finally:
            self._large.release()

    async def _in_window(self, execution: _Execution) -> InferenceResult:
        size = execution.image.decoded_bytes
        with WaitingForOthers():
            await self._images.acquire(size)
        try:
            return await self._execute(execution)
        finally:
            self._images.release(size)

    async def _execute(self, execution: _Execution) -> InferenceResult:
        last, _ = self._steps[-1]
        for node, inputs in self._steps:
            await self._run_node(execution, node, inputs, release_pixels=node is last)
        image = execution.image
        return InferenceResult(
            image.width,
            image.height,
            tuple(execution.items),
            execution.tensor_bytes,
            image.damage,
        )

    async def _run_node(
        self,
        execution: _Execution,
        node: Node,
        inputs: Sequence[Edge],
        *,
        release_pixels: bool,
    ) -> None:
        runner = self._runners[node.id]
        tiled = any(edge.tiles for edge in inputs)
        if tiled:
            # How many tiles there are follows from the decoded image: a camera may have turned it.
            await runner.decode(execution.image)
        regions = await off_loop(partial(_regions, execution, inputs), len(execution.items))
        if not regions:
            if release_pixels:
                execution.image.release_pixels()
            return
        found = await runner.run(
            execution.image, regions, execution.deadline, release_pixels=release_pixels
        )
        add = partial(execution.add_all, node, regions, found, tiled=tiled)
        await off_loop(add, sum(map(len, found)))
        execution.tensor_bytes += len(regions) * runner.input_bytes
        # A frame that one model has worked on is worked on to the end.
        execution.deadline = math.inf


def _regions(execution: _Execution, edges: Sequence[Edge]) -> list[Region | None]:
    return [region for edge in edges for region in _regions_of_edge(execution, edge)]


def _regions_of_edge(execution: _Execution, edge: Edge) -> list[Region | None]:
    image = execution.image
    if edge.tiles is not None:
        return tiles_of(image.width, image.height, edge.tiles)
    if edge.source is None:
        return [None]
    items = execution.by_node.get(edge.source, ())
    return list(regions_of(items, edge, image.width, image.height))
