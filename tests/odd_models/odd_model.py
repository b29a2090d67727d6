"""A classifier of two classes, as small as it can be, and what is said of a change of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.manifest import (
    Activation,
    Constant,
    DecoderSpec,
    DType,
    InputSpec,
    Layout,
    ModelManifest,
)

SIDE = 8
Shape = Sequence[int | str] | None

MANIFEST = ModelManifest(
    name="odd",
    file="odd.onnx",
    labels=("dark", "bright"),
    input=InputSpec("images", SIDE, SIDE, layout=Layout.NHWC, dtype=DType.UINT8),
    decoder=DecoderSpec("classification", score_threshold=0.1, activation=Activation.SOFTMAX),
    max_batch=4,
)


@dataclass(frozen=True)
class OddModel:
    """A model, and whether it can be served."""

    name: str
    onnx: bytes
    manifest: ModelManifest = MANIFEST
    refused: str = ""
    """A part of the line that refuses it; empty: it is accepted."""


def model(
    batch: int | str = "n",
    *,
    input_shape: Shape = ("n", SIDE, SIDE, 3),
    input_type: int = TensorProto.UINT8,
    output_shape: Shape = ("n", 2),
    channels: int = 3,
    output: str = "logits",
    opset: int = 13,
    ir_version: int = 8,
    change: Callable[[onnx.ModelProto], None] = lambda _: None,
) -> bytes:
    """A classifier of two classes by brightness, with some of what it says of itself replaced."""
    shape = None if input_shape is None else [batch, *input_shape[1:]]
    answer = None if output_shape is None else [batch, *output_shape[1:]]
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["whole"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["whole", "flat"], ["pixels"]),
            helper.make_node("MatMul", ["pixels", "weights"], [output]),
        ],
        "graph",
        [helper.make_tensor_value_info("images", input_type, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, answer)],
        [
            numpy_helper.from_array(np.array([-1, SIDE * SIDE * channels], np.int64), "flat"),
            numpy_helper.from_array(
                np.tile(np.array([-0.01, 0.01], np.float32), (SIDE * SIDE * channels, 1)), "weights"
            ),
        ],
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version
    )
    change(made)
    content: bytes = made.SerializeToString()
    return content


def sized(*values: Constant) -> ModelManifest:
    return replace(MANIFEST, constants={"orig_target_sizes": values})
