"""Compares what a model answered with what it declared, before any of it is read.

onnxruntime only warns when an output has another shape than its model declares, and Triton passes
it on. In shared memory, a shorter answer leaves bytes of an earlier request behind it.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from framemesh.modeling.signature import ELEMENT_BYTES, Tensor
from framemesh.vision.arrays import NUMPY
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.triton.tensor_arena import OutputBatch, Values

Answer: TypeAlias = pb.ModelInferResponse


class AnswerReader:
    """Checks and reads the answers of one model."""

    def __init__(self, model: str, outputs: Sequence[Tensor]) -> None:
        """`outputs` are all that are asked for; `model` is its name in messages."""
        self._model = model
        self._outputs: Mapping[str, Tensor] = {output.name: output for output in outputs}

    def check_placed(self, answer: Answer, count: int) -> None:
        """Check an answer for `count` images whose outputs are in shared memory.

        Raises:
            InferenceFailed: it is not what the model declared, or was not written there.
        """
        self._check_outputs(answer, count)
        if any(answer.raw_output_contents):
            raise self._failed("the outputs are in the message, not in the shared memory")

    def unpack(self, answer: Answer, count: int) -> OutputBatch:
        """The outputs in the message of an answer for `count` images.

        Raises:
            InferenceFailed: the answer is not what the model declared.
        """
        self._check_outputs(answer, count)
        contents = answer.raw_output_contents
        if len(contents) != len(answer.outputs):
            raise self._failed(f"{len(answer.outputs)} outputs come with {len(contents)} contents")
        return {
            output.name: self._values(output, content, count)
            for output, content in zip(answer.outputs, contents, strict=True)
        }

    def check_finite(self, outputs: OutputBatch) -> None:
        """
        Raises:
            InferenceFailed: an output has a NaN or an infinity among its values.
        """
        for name, values in outputs.items():
            if values.dtype.kind != "f":
                continue
            # 6 us for the 160 KB of a usual detector.
            finite = np.isfinite(values)
            if not finite.all():
                wrong = values.size - int(np.count_nonzero(finite))
                raise self._failed(
                    f"output {name}: {wrong} of {values.size} values are NaN or infinite"
                )

    def _check_outputs(self, answer: Answer, count: int) -> None:
        seen = set[str]()
        for output in answer.outputs:
            name = output.name
            declared = self._outputs.get(name)
            if declared is None:
                raise self._failed(f"output {name} was not declared")
            wanted = declared.shape_of(count)
            shape = tuple(output.shape)
            # Triton gives one number for each image a dimension.
            fits = _fits(shape, wanted) or (len(wanted) == 1 and shape == (count, 1))
            if output.datatype != declared.datatype or not fits:
                raise self._failed(
                    f"output {name} is {output.datatype} {list(shape)}; declared for "
                    f"{count} images is {declared.datatype} {list(wanted)}"
                )
            seen.add(name)
        if not len(seen) == len(answer.outputs) == len(self._outputs):
            names = [output.name for output in answer.outputs]
            raise self._failed(f"the answer has the outputs {names}, not {list(self._outputs)}")

    def _values(
        self, output: pb.ModelInferResponse.InferOutputTensor, content: bytes, count: int
    ) -> Values:
        shape = tuple(output.shape)
        values = np.frombuffer(content, np.uint8)
        expected = int(np.prod(shape)) * ELEMENT_BYTES[output.datatype]
        if len(content) != expected:
            raise self._failed(
                f"output {output.name} {output.datatype} {list(shape)} comes with {len(content)} "
                f"bytes; its shape takes {expected}"
            )
        declared = self._outputs[output.name]
        typed = values.view(NUMPY[output.datatype])
        if not declared.batched:
            return typed.reshape(count, *shape)
        return typed.reshape(shape[: len(declared.shape)])

    def _failed(self, what: str) -> InferenceFailed:
        return InferenceFailed(f"model {self._model} broke its declaration: {what}")


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a shape is the wanted one, where -1 stands for any length."""
    return shape == wanted or (
        len(shape) == len(wanted)
        and all(
            side == expected or (expected == -1 and side >= 0)
            for side, expected in zip(shape, wanted, strict=True)
        )
    )
