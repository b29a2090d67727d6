"""Executes the plan of a pipeline on groups of frames."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Protocol

from framemesh.core.graph.plan import GraphPlan, Node
from framemesh.core.pipeline.zones import ZoneSpec
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.concurrency.window import Window
from framemesh.worker.engine.execution import Execution, InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.stage_input import StageInput, StageResult
from framemesh.worker.engine.step import Step, steps
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
        zones: Mapping[str, ZoneSpec] = MappingProxyType({}),
        refuse_damaged: bool = False,
    ) -> None:
        """
        Args:
            runners: by the id of the node.
            images: bounds the decoded images that are in memory at once.
            zones: that conditions name.
            refuse_damaged: whether no model gets a damaged image.
        """
        self._refuse_damaged = refuse_damaged
        self._runners = runners
        self._images = images
        self._entry = runners[plan.entry.id]
        self._nodes = plan.nodes
        self._is_chain = plan.is_chain
        self._steps = steps(plan, zones)
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
        return await off_loop(
            lambda: [each.result(self._nodes) for each in executions],
            sum(each.found for each in executions),
        )

    def _execution(self, frame: FrameInput) -> Execution:
        image = FrameImage(frame.image, frame.crc32, refuse_damaged=self._refuse_damaged)
        return Execution(frame, image)

    async def _in_window(self, executions: Sequence[Execution]) -> None:
        size = sum(each.image.decoded_bytes for each in executions if each.error is None)
        with WaitingForOthers():
            await self._images.acquire(size)
        try:
            if self._is_chain:
                last = self._steps[-1]
                for step in self._steps:
                    await self._run_step(executions, step, release_pixels=step is last)
            else:
                await self._run_branches(executions)
        finally:
            self._images.release(size)

    async def _run_branches(self, executions: Sequence[Execution]) -> None:
        """Each node as soon as those in front of it are through."""
        # Before they begin: two of them must not decode the same image.
        await self._decode(self._entry, executions)
        through: dict[str, asyncio.Task[None]] = {}

        async def run(step: Step, before: Sequence[asyncio.Task[None]]) -> None:
            for task in before:
                await task
            # Which is the last to need the pixels is not known: they are held to the end.
            await self._run_step(executions, step, release_pixels=False)

        async with TaskGroup() as tasks:
            for step in self._steps:
                before = [through[each] for each in step.waits_for]
                through[step.node.id] = tasks.create_task(run(step, before))
        for each in executions:
            each.image.release_pixels()

    async def _decode(self, runner: NodeRunner, executions: Sequence[Execution]) -> None:
        running = [each for each in executions if each.error is None]
        errors = await runner.decode([each.image for each in running])
        for each, error in zip(running, errors, strict=True):
            each.error = error

    async def _run_step(
        self, executions: Sequence[Execution], step: Step, *, release_pixels: bool
    ) -> None:
        runner = self._runners[step.node.id]
        executions = [each for each in executions if each.error is None]
        tiled = any(edge.tiles for edge in step.edges)
        if tiled:
            # How many tiles there are follows from the decoded image: a camera may have turned it.
            await self._decode(runner, executions)
        inputs = await off_loop(
            partial(_inputs, executions, step), sum(each.found for each in executions)
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
            partial(_add_all, running, step.node, inputs, results, tiled=tiled),
            sum(len(found) for result in results if isinstance(result, list) for found in result),
        )
        for each in running:
            each.tensor_bytes += len(inputs[each].regions) * runner.input_bytes


def _inputs(executions: Sequence[Execution], step: Step) -> dict[Execution, StageInput]:
    """What a node gets of each frame; a frame of which it gets nothing has none."""
    found: dict[Execution, StageInput] = {}
    for each in executions:
        if each.error is not None:
            continue
        try:
            regions = each.regions(step)
        except TooManyTiles as error:
            each.error = error
            continue
        if regions:
            # A frame that one model works on is worked on to the end.
            deadline = math.inf if each.begun else each.input.deadline
            each.begun = True
            found[each] = StageInput(each.image, regions, deadline, each.input.context)
    return found


def _add_all(
    executions: Sequence[Execution],
    node: Node,
    inputs: Mapping[Execution, StageInput],
    results: Sequence[StageResult],
    *,
    tiled: bool,
) -> None:
    for each, result in zip(executions, results, strict=True):
        if isinstance(result, Exception):
            each.error = result
        else:
            each.add(node, inputs[each].regions, result, tiled=tiled)
