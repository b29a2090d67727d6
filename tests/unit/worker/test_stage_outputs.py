"""Where the outputs of a model are read."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import closing

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.core.detection import Box, Detection
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import DType, InputSpec, Layout
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher, BatchPolicy
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.stage import LARGE_OUTPUTS, LARGE_RESULT, Stage
from framemesh.worker.engine.stage_input import StageInput
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from framemesh.worker.vision.decoders.decoder import Decoder, Outputs, RawDetail, RawDetection
from framemesh.worker.vision.image import FrameImage

JPEG = cv2.imencode(".jpg", np.full((30, 40, 3), 128, np.uint8))[1].tobytes()


class Reader:
    """Remembers the thread that it worked in."""

    thread = 0

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        self.thread = threading.get_ident()
        return [RawDetection(0, 0.9, None)]


@pytest.mark.parametrize(
    ("size", "result_bytes", "in_loop"),
    [
        (LARGE_OUTPUTS - 4, LARGE_RESULT, True),
        (LARGE_OUTPUTS, LARGE_RESULT, False),
        (4, LARGE_RESULT + 1, False),
    ],
)
async def test_large_outputs_and_results_do_not_stop_the_event_loop(
    size: int, result_bytes: int, in_loop: bool
) -> None:
    reader = Reader()
    output = np.zeros(size // 4, np.float32)
    (found,) = await read(reader, output, result_bytes)
    assert found.label == "cat"
    assert (reader.thread == threading.get_ident()) is in_loop


class Masks:
    """Sees a thousand things whose masks are noise: as many runs as cells."""

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        mask = np.random.default_rng(0).random((160, 160)) > 0.5
        detail = RawDetail(mask=mask)
        return [RawDetection(0, 0.9, Box(0.0, 0.0, 0.9, 0.9), detail)] * 1000


@pytest.mark.loop_limit(0.05)
async def test_a_thousand_masks_do_not_stop_the_event_loop() -> None:
    found = await read(Masks(), np.zeros(1, np.float32), 1000 * 2048)
    assert len(found) == 1000
    assert found[0].mask


async def read(decoder: Decoder, output: NDArray[np.float32], result_bytes: int) -> list[Detection]:
    """What a stage finds in a picture of which its model tells `output`."""

    async def infer(rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        return [{"out": output}] * len(rows)

    with closing(DecodeThreads(1)) as threads:
        async with asyncio.timeout(10), TaskGroup() as tasks:
            stage = Stage(
                "maps",
                ("cat",),
                Preprocessor(InputSpec("images", 8, 6, layout=Layout.NHWC, dtype=DType.UINT8)),
                lambda _: decoder,
                Batcher(infer, RowAllocator(1), BatchPolicy(1, 0.0, 1), tasks),
                max_batch=1,
                inputs=list(np.zeros((1, 6, 8, 3), np.uint8)),
                threads=threads,
                result_bytes=result_bytes,
            )
            (result,) = await stage.run([StageInput(FrameImage(JPEG), [None])], release_pixels=True)
            if isinstance(result, Exception):
                raise result
            return result[0]
