"""Which name a detection gets."""

import asyncio
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from framemesh.core.detection import Detection
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import DType, InputSpec, Layout
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher, BatchPolicy
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.stage import Stage
from framemesh.worker.engine.stage_input import StageInput
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.image import FrameImage

JPEG = cv2.imencode(".jpg", np.full((30, 40, 3), 128, np.uint8))[1].tobytes()


class Sees:
    """Says that the whole picture is of one class."""

    def __init__(self, class_id: int) -> None:
        self._class_id = class_id

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        return [RawDetection(self._class_id, 0.9, None)]


async def found(class_id: int) -> list[Detection]:
    async def infer(rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        return [{}] * len(rows)

    threads = DecodeThreads(1)
    try:
        async with asyncio.timeout(10), TaskGroup() as tasks:
            stage = Stage(
                "things",
                ("cat", "dog"),
                Preprocessor(InputSpec("images", 8, 6, layout=Layout.NHWC, dtype=DType.UINT8)),
                lambda _: Sees(class_id),
                Batcher(infer, RowAllocator(1), BatchPolicy(1, 0.0, 1), tasks),
                max_batch=1,
                inputs=list(np.zeros((1, 6, 8, 3), np.uint8)),
                threads=threads,
                result_bytes=0,
            )
            (result,) = await stage.run([StageInput(FrameImage(JPEG), [None])], release_pixels=True)
            if isinstance(result, Exception):
                raise result
            return result[0]
    finally:
        threads.close()


async def test_a_detection_has_the_label_of_its_class() -> None:
    (one,) = await found(1)
    assert one.label == "dog"


@pytest.mark.parametrize("class_id", [2, -1])
async def test_a_class_without_a_label_is_an_error_of_the_model(class_id: int) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await found(class_id)
    (error,) = failed.value.exceptions
    assert isinstance(error, InferenceFailed)
    assert f"class {class_id}, and its manifest has labels for 0 to 1" in str(error)
