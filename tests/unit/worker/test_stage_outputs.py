"""Where the outputs of a model are read."""

import asyncio
import threading

import cv2
import numpy as np
import pytest

from framemesh.modeling.manifest import DType, InputSpec, Layout
from framemesh.worker.engine.batching import Batcher, BatchPolicy
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.stage import LARGE_OUTPUTS, Stage
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.image import FrameImage
from framemesh.worker.vision.preprocess import Preprocessor

JPEG = cv2.imencode(".jpg", np.full((30, 40, 3), 128, np.uint8))[1].tobytes()


class Reader:
    """Remembers the thread that it worked in."""

    thread = 0

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        self.thread = threading.get_ident()
        return [RawDetection(0, 0.9, None)]


@pytest.mark.parametrize(("size", "in_loop"), [(LARGE_OUTPUTS - 4, True), (LARGE_OUTPUTS, False)])
async def test_large_outputs_do_not_stop_the_event_loop(size: int, in_loop: bool) -> None:
    output = np.zeros(size // 4, np.float32)
    reader = Reader()

    async def infer(first: int, count: int) -> list[RowOutputs]:
        return [{"out": output}] * count

    threads = DecodeThreads(1)
    try:
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            stage = Stage(
                "maps",
                ("cat",),
                Preprocessor(InputSpec("images", 8, 6, layout=Layout.NHWC, dtype=DType.UINT8)),
                reader,
                Batcher(infer, RowAllocator(1), BatchPolicy(1, 0.0, 1), tasks),
                max_batch=1,
                inputs=list(np.zeros((1, 6, 8, 3), np.uint8)),
                threads=threads,
            )
            ((found,),) = await stage.run(FrameImage(JPEG), [None], release_pixels=True)
    finally:
        threads.close()
    assert found.label == "cat"
    assert (reader.thread == threading.get_ident()) is in_loop
