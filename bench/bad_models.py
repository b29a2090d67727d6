"""Models that pass every check of their file, and that no Triton can serve."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.manifest import (
    Activation,
    DecoderSpec,
    DType,
    InputSpec,
    Layout,
    ModelManifest,
)

SIDE = 8

MANIFEST = ModelManifest(
    name="bad",
    file="bad.onnx",
    labels=("dark", "bright"),
    input=InputSpec("pixels", SIDE, SIDE, layout=Layout.NHWC, dtype=DType.UINT8),
    decoder=DecoderSpec("classification", activation=Activation.SOFTMAX),
)


def _model(nodes: Sequence[onnx.NodeProto], *constants: tuple[str, list[int]]) -> bytes:
    graph = helper.make_graph(
        [helper.make_node("Cast", ["pixels"], ["whole"], to=TensorProto.FLOAT), *nodes],
        "graph",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 2])],
        [
            numpy_helper.from_array(np.zeros((SIDE * SIDE * 3, 2), np.float32), "weights"),
            numpy_helper.from_array(np.array([-1, SIDE * SIDE * 3], np.int64), "flat"),
            *(
                numpy_helper.from_array(np.array(value, np.int64), name)
                for name, value in constants
            ),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def _scores(pixels: str = "whole") -> list[onnx.NodeProto]:
    return [
        helper.make_node("Reshape", [pixels, "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "weights"], ["scores"]),
    ]


def good() -> bytes:
    """Nothing is wrong with this one."""
    return _model(_scores())


def does_not_load() -> bytes:
    """An index of a type that no runtime takes."""
    return _model([helper.make_node("Gather", ["weights", "pixels"], ["scores"])])


def fails_when_run() -> bytes:
    """It looks up an entry that a table does not have."""
    nodes = [
        helper.make_node("Gather", ["whole", "beyond"], ["taken"], axis=3),
        *_scores("taken"),
    ]
    return _model(nodes, ("beyond", [0, 1, 99]))


def never_answers() -> bytes:
    """A loop without an end."""
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    value = helper.make_tensor_value_info("value", TensorProto.FLOAT, None)
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still_going"]),
            helper.make_node("Identity", ["value"], ["next_value"]),
        ],
        "body",
        [helper.make_tensor_value_info("turn", TensorProto.INT64, []), going, value],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_value", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["", "", "whole"], ["looped"], body=body)
    return _model([loop, *_scores("looped")])


def takes_all_memory() -> bytes:
    """A tensor of 4 TB: more than the addresses that a machine gives out."""
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["filled"]),
        helper.make_node("ReduceMax", ["filled"], ["peak"], keepdims=0),
        helper.make_node("Add", ["whole", "peak"], ["moved"]),
        *_scores("moved"),
    ]
    return _model(nodes, ("huge", [1_000_000, 1_000_000]))


def answers_another_shape() -> bytes:
    """Three scores where two are declared."""
    nodes = [
        *_scores(),
    ]
    nodes[-1].output[0] = "both"
    nodes.append(helper.make_node("Concat", ["both", "both"], ["scores"], axis=1))
    return _model(nodes)


BAD_MODELS: Mapping[str, Callable[[], bytes]] = {
    "does not load": does_not_load,
    "fails when run": fails_when_run,
    "never answers": never_answers,
    "takes all memory": takes_all_memory,
    "answers another shape": answers_another_shape,
}
