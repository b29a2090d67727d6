"""Classifiers with hundreds of megabytes of weights, all of which are read in each inference."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 224
PATCH = 32
CLASSES = 10
MB = 1_000_000


def write_transformer(path: Path, megabytes: int, *, outside: bool = False) -> None:
    """Matrices of 8 MB, one after the other, as a transformer has them.

    Args:
        outside: the weights in a second file, as torch exports them today.
    """
    width = 1448
    layers = max(1, megabytes * MB // (4 * width * width))
    graph = _Graph(width)
    graph.node("Reshape", ["stem", graph.constant("flat", np.array([0, width, -1]))], "columns")
    graph.node("Transpose", ["columns"], "layer0", perm=[0, 2, 1])
    for at in range(layers):
        weights = graph.weights(f"weights{at}", (width, width))
        graph.node("MatMul", [f"layer{at}", weights], f"product{at}")
        graph.node("Relu", [f"product{at}"], f"layer{at + 1}")
    graph.node("ReduceMean", [f"layer{layers}"], "features", axes=[1], keepdims=0)
    graph.save(path, outside=outside)


def write_convolutions(path: Path, megabytes: int, *, outside: bool = False) -> None:
    """Convolutions of 33 MB, as a large detector has them; `outside` as above."""
    width = 960
    layers = max(1, megabytes * MB // (4 * 9 * width * width))
    graph = _Graph(width)
    last = "stem"
    for at in range(layers):
        weights = graph.weights(f"weights{at}", (width, width, 3, 3))
        graph.node("Conv", [last, weights], f"raw{at}", pads=[1, 1, 1, 1])
        last = graph.node("Relu", [f"raw{at}"], f"layer{at}")
    graph.node("ReduceMean", [last], "features", axes=[2, 3], keepdims=0)
    graph.save(path, outside=outside)


class _Graph:
    """Begins with patches of the image, and ends with scores."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(seed=1)
        patches = self.weights("patches", (width, 3, PATCH, PATCH))
        self.node("Conv", ["images", patches], "stem", strides=[PATCH, PATCH])

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def weights(self, name: str, shape: tuple[int, ...]) -> str:
        values = self._random.standard_normal(shape, np.float32)
        return self.constant(name, values / np.float32(np.prod(shape[1:]) ** 0.5))

    def save(self, path: Path, *, outside: bool) -> None:
        head = self.weights("head", (self._width, CLASSES))
        self.node("MatMul", ["features", head], "logits")
        self.node("Softmax", ["logits"], "output", axis=1)
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
        scores = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", CLASSES])
        graph = helper.make_graph(self._nodes, "large", [images], [scores], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, path, save_as_external_data=outside, location=f"{path.name}.data")
