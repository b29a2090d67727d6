"""A model as a worker runs it: prepared, run, decoded, brought back to the picture."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from framemesh.core.detection import Detection
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import ValidatedModel, validate_model
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import Batcher, BatchPolicy
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.stage import Stage
from framemesh.worker.engine.stage_input import StageInput
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from framemesh.worker.vision.decoders.sized import decoders_of
from framemesh.worker.vision.image import FrameImage
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import Values
from tests.model_families.planted import png

Run = Callable[[Values], Mapping[str, Values]]
"""A model: the answers for one picture, given its input with a batch of 1."""


async def detections(model: FamilyModel, size: str) -> list[Detection]:
    """What a stage with this model finds in the picture of a size; Triton is left out."""
    validated = validated_model(model.file, model.manifest)
    return await found_in(png(size), model.manifest, validated, model.run)


async def found_in(
    content: bytes, manifest: ModelManifest, validated: ValidatedModel, run: Run
) -> list[Detection]:
    """What a stage finds in an image file."""
    row = np.zeros(manifest.input.shape, manifest.input.dtype.value)

    async def infer(rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        answers = run(row[np.newaxis])
        return [{each.name: _as_served(answers[each.name]) for each in validated.signature.outputs}]

    with contextlib.closing(DecodeThreads(1)) as threads:
        async with asyncio.timeout(20), TaskGroup() as tasks:
            stage = Stage(
                "things",
                manifest.labels,
                Preprocessor(manifest.input),
                decoders_of(manifest, validated),
                Batcher(infer, RowAllocator(1), BatchPolicy(1, 0.0, 1), tasks),
                max_batch=1,
                inputs=[row],
                threads=threads,
                result_bytes=validated.result.bytes,
            )
            (result,) = await stage.run(
                [StageInput(FrameImage(content), [None])], release_pixels=True
            )
            if isinstance(result, Exception):
                raise result
            return result[0]


def _as_served(values: Values) -> Values:
    """Decoders get floats as float32, whatever the model computes in."""
    return values.astype(np.float32) if values.dtype == np.float16 else values


def validated_model(content: bytes, manifest: ModelManifest) -> ValidatedModel:
    """
    Raises:
        ModelInvalid: the file does not fit the manifest.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / manifest.file
        file.write_bytes(content)
        return validate_model(manifest, file)
