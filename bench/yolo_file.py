"""A file as an exporter of YOLO writes it: the convolutions of a small detector, and its answer."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, PLACES, CLASSES = 640, 8400, 80
WIDTHS = (16, 32, 64, 128, 256)
"""Channels of the convolutions that halve the sides, from 320 down to 20."""

DEEP = 3
"""Convolutions of 256 channels that follow: with them, the file has 12 MB."""

PLANTED = (320.0, 320.0, 100.0, 200.0)
"""The box in every answer: its centre and its sides, in pixels."""


def write_yolo(path: Path, padding_bytes: int = 0) -> None:
    """Write a detector of some 3 GFLOP; what it answers is planted, and all of it has to run.

    Args:
        padding_bytes: of weights that are added to the answer, so that no runtime leaves them out.
    """
    graph = _Graph()
    channels, last = 3, "images"
    for width in WIDTHS:
        last = graph.convolution(last, channels, width, stride=2)
        channels = width
    for _ in range(DEEP):
        last = graph.convolution(last, channels, channels, stride=1)
    graph.node("ReduceL1", [last], "size", keepdims=0)
    graph.node("Mul", ["size", graph.constant("little", np.array(1e-9))], "moved")
    if padding_bytes:
        weights = np.ones(padding_bytes // 4, np.float32)
        graph.node("ReduceSum", [graph.constant("padding", weights)], "sum", keepdims=0)
        graph.node("Mul", ["sum", "little"], "little sum")
        graph.node("Add", ["moved", "little sum"], "all")
    planted = np.zeros((1, 4 + CLASSES, PLACES), np.float32)
    planted[0, :4, 4000], planted[0, 4, 4000] = PLANTED, 0.9
    moved = "all" if padding_bytes else "moved"
    graph.node("Add", [graph.constant("planted", planted), moved], "output0")
    graph.save(path)


class _Graph:
    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(seed=1)

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def convolution(self, source: str, channels: int, width: int, stride: int) -> str:
        """With the activation that YOLO has."""
        name = f"layer{len(self._nodes)}"
        weights = self._random.normal(0, 0.05, (width, channels, 3, 3))
        inputs = [source, self.constant(f"{name}.weight", weights)]
        self.node("Conv", inputs, f"{name}.raw", strides=[stride, stride], pads=[1, 1, 1, 1])
        self.node("Sigmoid", [f"{name}.raw"], f"{name}.gate")
        return self.node("Mul", [f"{name}.raw", f"{name}.gate"], name)

    def save(self, path: Path) -> None:
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
        answer = helper.make_tensor_value_info(
            "output0", TensorProto.FLOAT, [1, 4 + CLASSES, PLACES]
        )
        graph = helper.make_graph(self._nodes, "detector", [images], [answer], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        names = str({number: f"class {number}" for number in range(CLASSES)})
        helper.set_model_props(
            model, {"task": "detect", "names": names, "stride": "32", "imgsz": f"[{SIDE}, {SIDE}]"}
        )
        onnx.save(model, path)
