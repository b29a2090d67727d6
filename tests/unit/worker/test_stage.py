"""How long a picture's pixels are kept."""

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from framemesh.core.detection import Box
from framemesh.core.graph.plan import compile_plan
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import DType, InputSpec, Layout
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.concurrency.window import Window
from framemesh.vision.arrays import Input, Pixels
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher, BatchPolicy
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.graph_executor import GraphExecutor
from framemesh.worker.engine.stage import Stage
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from tests.graph_runs import run_one

SPEC = InputSpec("images", 8, 6, layout=Layout.NHWC, dtype=DType.UINT8)
JPEG = cv2.imencode(".jpg", np.full((30, 40, 3), 128, np.uint8))[1].tobytes()
BATCH = 2


class Watched(Preprocessor):
    """Knows whether the last picture that it wrote is still in memory."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._last: Callable[[], Pixels | None] = lambda: None

    @property
    def kept(self) -> bool:
        return self._last() is not None

    def write(self, picture: Pixels, out: Input) -> None:
        # Of a crop, which is a view of it, or of itself.
        whole = picture if picture.base is None else picture.base
        self._last = weakref.ref(whole)
        super().write(picture, out)


class Boxes:
    """Sees so many things, always."""

    classes = 1

    def __init__(self, count: int) -> None:
        self._count = count

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        return [RawDetection(0, 0.9, Box(0.2, 0.2, 0.8, 0.8))] * self._count


async def kept_while_asked(*stages: tuple[StageSpec, int]) -> list[bool]:
    """For each request to a model, in order, whether the picture's pixels were still there.

    Args:
        stages: each with the number of things that it sees.
    """
    watched, kept = Watched(), []

    async def infer(rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        kept.append(watched.kept)
        return [{}] * len(rows)

    threads = DecodeThreads(1)
    with contextlib.closing(threads):
        async with asyncio.timeout(10), TaskGroup() as tasks:

            def stage(spec: StageSpec, sees: int) -> Stage:
                rows, policy = RowAllocator(BATCH), BatchPolicy(BATCH, 0.0, 1)
                return Stage(
                    spec.name,
                    ("thing",),
                    watched,
                    lambda _: Boxes(sees),
                    Batcher(infer, rows, policy, tasks),
                    max_batch=BATCH,
                    inputs=list(np.zeros((BATCH, 6, 8, 3), np.uint8)),
                    threads=threads,
                    result_bytes=0,
                )

            made = {spec.name: stage(spec, sees) for spec, sees in stages}
            plan = compile_plan(PipelineSpec("street", tuple(spec for spec, _ in stages)))
            seen = await run_one(GraphExecutor(plan, made, Window(8, 1_000_000)), JPEG)
    assert (seen.width, seen.height) == (40, 30)
    return kept


async def test_pixels_are_not_kept_while_the_only_model_is_asked() -> None:
    assert await kept_while_asked((StageSpec("things", "m"), 3)) == [False]


async def test_pixels_are_kept_for_the_stages_that_follow() -> None:
    others = StageSpec("others", "m", after=("things",))
    assert await kept_while_asked((StageSpec("things", "m"), 3), (others, 0)) == [True, False]


async def test_pixels_are_kept_while_another_branch_may_need_them() -> None:
    assert await kept_while_asked((StageSpec("things", "m"), 3), (StageSpec("others", "m"), 0)) == [
        True,
        True,
    ]


async def test_pixels_are_kept_until_the_last_crop_was_cut_out() -> None:
    assert await kept_while_asked(
        (StageSpec("things", "m"), 5), (StageSpec("parts", "m", for_each=("things",)), 0)
    ) == [True, True, True, False]
