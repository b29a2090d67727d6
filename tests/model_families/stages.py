"""A model as a worker runs it: prepared, run, decoded, brought back to the picture."""

import asyncio
import contextlib
from pathlib import Path

import cv2
import numpy as np

from framemesh.core.detection import Detection
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import validate_model
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher, BatchPolicy
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.stage import Stage
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from framemesh.worker.vision.decoders.registry import make_decoder
from framemesh.worker.vision.image import FrameImage
from tests.model_families.graphs import run
from tests.model_families.planted import Picture


async def detections(
    model: bytes, manifest: ModelManifest, picture: Picture, folder: Path
) -> list[Detection]:
    """What a stage with this model finds in the picture; Triton is left out."""
    file = folder / manifest.file
    file.write_bytes(model)
    validated = validate_model(manifest, file)
    (given,) = validated.signature.inputs
    row = np.zeros(manifest.input.shape, manifest.input.dtype.value)
    flat = {output.name for output in validated.signature.outputs if not output.batched}

    async def infer(first: int, count: int) -> list[RowOutputs]:
        answers = run(model, {given.name: row[np.newaxis]})
        return [{name: all_ if name in flat else all_[0] for name, all_ in answers.items()}]

    with contextlib.closing(DecodeThreads(1)) as threads:
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            stage = Stage(
                "things",
                manifest.labels,
                Preprocessor(manifest.input),
                make_decoder(manifest.decoder, validated.binding),
                Batcher(infer, RowAllocator(1), BatchPolicy(1, 0.0, 1), tasks),
                max_batch=1,
                inputs=[row],
                threads=threads,
                result_bytes=validated.result.bytes,
            )
            png = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
            (found,) = await stage.run(FrameImage(png), [None], release_pixels=True)
            return found
