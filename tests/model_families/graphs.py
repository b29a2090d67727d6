"""ONNX files whose answers are known: constants, moved by the brightness of the input."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.manifest import InputSpec

Values = NDArray[Any]

ELEMENT_TYPES = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(np.uint8): TensorProto.UINT8,
    np.dtype(np.int32): TensorProto.INT32,
    np.dtype(np.int64): TensorProto.INT64,
    np.dtype(np.bool_): TensorProto.BOOL,
}

CHANNEL_WEIGHTS = (0.5, 1.0, 1.5)
"""Of the channels in the brightness: where their order is wrong, it is another."""


class FamilyGraph:
    """A model of one input, whose outputs are `values + slopes * brightness`.

    The brightness is the weighted mean of the whole input: a wrong scale, padding or order of the
    channels shows in the scores.
    """

    def __init__(
        self,
        name: str,
        shape: Sequence[int | str],
        dtype: type[np.generic] = np.float32,
        white: float = 1.0,
        black: float = 0.0,
    ) -> None:
        """`shape` and `dtype` are the input's; the shape has the batch of 1. `black` and `white`
        are the means of inputs of these colours, of which the brightness is 0 and 1."""
        element = ELEMENT_TYPES[np.dtype(dtype)]
        self._inputs = [helper.make_tensor_value_info(name, element, shape)]
        self._nodes = [helper.make_node("Cast", [name], ["whole"], to=TensorProto.FLOAT)]
        self._nodes += [
            helper.make_node("Mul", ["whole", "weights"], ["weighted"]),
            helper.make_node("ReduceMean", ["weighted"], ["mean"], keepdims=0),
            helper.make_node("Sub", ["mean", "black"], ["above"]),
            helper.make_node("Div", ["above", "range"], ["brightness"]),
        ]
        self._constants: list[onnx.TensorProto] = []
        self._constant("weights", _weights(shape))
        self._constant("black", np.array(black))
        self._constant("range", np.array(white - black))
        self._outputs: list[onnx.ValueInfoProto] = []

    @classmethod
    def of(cls, spec: InputSpec) -> "FamilyGraph":
        """With the input that a manifest describes."""
        weights = CHANNEL_WEIGHTS if spec.channels == 3 else (1.0,)
        mean, std = (np.array(each[: spec.channels]) for each in (spec.mean, spec.std))
        black, white = (
            float(np.mean((pixel * spec.scale - mean) / std * weights)) for pixel in (0, 255)
        )
        dtype = np.dtype(spec.dtype.value).type
        return cls(spec.name, (1, *spec.shape), dtype, white, black)

    def output(
        self,
        name: str,
        values: Values,
        slopes: Values | None = None,
        dtype: type[np.generic] = np.float32,
        declared: Sequence[int | str] | None = None,
    ) -> None:
        """Add an output. `values` and `slopes` have its shape, the batch included.

        `declared` is the shape that the file tells, with names for open sides.
        """
        self._constant(f"{name}.values", values)
        self._constant(f"{name}.slopes", np.zeros(1) if slopes is None else slopes)
        element = ELEMENT_TYPES[np.dtype(dtype)]
        self._nodes += [
            helper.make_node("Mul", [f"{name}.slopes", "brightness"], [f"{name}.moved"]),
            helper.make_node("Add", [f"{name}.values", f"{name}.moved"], [f"{name}.exact"]),
            helper.make_node("Cast", [f"{name}.exact"], [name], to=element),
        ]
        shape = values.shape if declared is None else declared
        self._outputs.append(helper.make_tensor_value_info(name, element, shape))

    def second_input(self, name: str, shape: Sequence[int], dtype: type[np.generic]) -> None:
        """Add an input that no output depends on."""
        element = ELEMENT_TYPES[np.dtype(dtype)]
        self._inputs.append(helper.make_tensor_value_info(name, element, shape))

    def save(self, metadata: Mapping[str, str] | None = None) -> bytes:
        """The file."""
        graph = helper.make_graph(
            self._nodes, "family", self._inputs, self._outputs, self._constants
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _constant(self, name: str, values: Values) -> None:
        self._constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))


def _weights(shape: Sequence[int | str]) -> Values:
    """Of the channels of an input of this shape, which are its last dimension or the one behind the
    batch; 1 of all else."""
    for channels in ((3,), (3, 1, 1)):
        if shape[-len(channels)] == 3:
            return np.reshape(CHANNEL_WEIGHTS, channels)
    return np.ones(1)


def declared_shapes(model: bytes) -> dict[str, tuple[int, ...]]:
    """Of the outputs by their names; -1 where a side is open."""
    graph = onnx.load_from_string(model).graph
    return {
        output.name: tuple(
            side.dim_value if side.HasField("dim_value") else -1
            for side in output.type.tensor_type.shape.dim
        )
        for output in graph.output
    }


def run(model: bytes, inputs: Mapping[str, Values]) -> dict[str, Values]:
    """The answers by the names of the outputs, the batch included."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))
