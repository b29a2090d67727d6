"""Models whose input takes each image in its own shape, and the same read by a reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.manifest import DecoderSpec, Fit, InputSpec, ModelManifest
from tests.model_families.graphs import Values, run
from tests.model_families.planted import LABELS, Picture

Found = tuple[int, float, tuple[float, float, float, float]]
"""Class, score, and the box in fractions of the picture."""

BOUND = (640, 512)
"""Largest width and height of an input."""
STEP = 32
STRIDES = (8, 16, 32)
GREY = 114
CLASSES = len(LABELS)
TOLERANCE = 1e-3
QUERIES = np.array([[0.1, 0.2, 0.5, 0.7], [0.3, 0.1, 0.9, 0.4], [0.6, 0.6, 0.8, 1.0]], np.float32)


def manifest(name: str, decoder: DecoderSpec, **more: Any) -> ModelManifest:
    spec = InputSpec("images", *BOUND, Fit.LETTERBOX, scale=1 / 255, multiple_of=STEP)
    return ModelManifest(name, f"{name}.onnx", LABELS, spec, decoder, max_batch=4, **more)


@dataclass(frozen=True)
class Shown:
    """A picture as its model sees it, written plainly."""

    values: Values
    """[1, 3, height, width]"""
    left: int
    top: int
    inner: tuple[int, int]

    def fractions(self, boxes: Values) -> Values:
        """Boxes in pixels of the input, in fractions of the picture, clipped to it."""
        offset = np.array([self.left, self.top] * 2)
        return np.asarray(np.clip((boxes - offset) / np.array(self.inner * 2), 0, 1))


def shown(picture: Picture) -> Shown:
    height, width = picture.shape[:2]
    factor = min(BOUND[0] / width, BOUND[1] / height)
    inner = max(1, round(width * factor)), max(1, round(height * factor))
    wide, high = (-(-side // STEP) * STEP for side in inner)
    canvas = np.full((high, wide, 3), GREY, np.uint8)
    left, top = (wide - inner[0]) // 2, (high - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner)
    values = canvas[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    return Shown(values, left, top, inner)


def _corners(box: Values) -> tuple[float, float, float, float]:
    left, top, right, bottom = map(float, box)
    return left, top, right, bottom


def _graph(nodes: list[Any], outputs: list[Any], values: dict[str, Values], *more: Any) -> bytes:
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])
    constants = [numpy_helper.from_array(value, name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "shapes", [images, *more], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _output(name: str, *shape: int | str, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, ["n", *shape])


def grid_model() -> bytes:
    """A YOLOX: one thing for each cell of three grids over the input."""
    depth = 5 + CLASSES
    random = np.random.default_rng(3)
    values: dict[str, Values] = {
        "weights": random.normal(0, 4, (depth, 3, 1, 1)).astype(np.float32),
        "bias": np.ones(depth, np.float32),
        "shape": np.array([0, depth, -1], np.int64),
    }
    nodes = []
    for stride in STRIDES:
        sides = [stride, stride]
        pooled = helper.make_node(
            "AveragePool", ["images"], [f"pool{stride}"], kernel_shape=sides, strides=sides
        )
        nodes += [
            pooled,
            helper.make_node("Conv", [f"pool{stride}", "weights", "bias"], [f"conv{stride}"]),
            helper.make_node("Reshape", [f"conv{stride}", "shape"], [f"flat{stride}"]),
        ]
    flat = [f"flat{stride}" for stride in STRIDES]
    nodes += [
        helper.make_node("Concat", flat, ["all"], axis=2),
        helper.make_node("Transpose", ["all"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("Sigmoid", ["rows"], ["output"]),
    ]
    return _graph(nodes, [_output("output", "places", depth)], values)


GRID_MANIFEST = manifest("grid", DecoderSpec("yolox", 0.3, 1.0, max_detections=1000))


def grid_expected(picture: Picture) -> list[Found]:
    seen = shown(picture)
    (rows,) = run(grid_model(), {"images": seen.values})["output"]
    high, wide = seen.values.shape[2:]
    places = [
        (x, y, stride)
        for stride in STRIDES
        for y in range(high // stride)
        for x in range(wide // stride)
    ]
    assert len(places) == len(rows)
    at = np.array(places, np.float64)
    centre = (rows[:, :2] + at[:, :2]) * at[:, 2:]
    size = np.exp(rows[:, 2:4]) * at[:, 2:]
    boxes = seen.fractions(np.hstack([centre - size / 2, centre + size / 2]))
    scores = rows[:, 4:5] * rows[:, 5:]
    best = scores.argmax(axis=1)
    return [
        (int(best[row]), float(scores[row, best[row]]), _corners(boxes[row]))
        for row in np.flatnonzero(scores.max(axis=1) >= 0.3)
        if boxes[row, 0] < boxes[row, 2] and boxes[row, 1] < boxes[row, 3]
    ]


def query_model() -> bytes:
    """An RT-DETR whose boxes are in pixels of the size that its second input tells."""
    values: dict[str, Values] = {
        "fractions": QUERIES[None],
        "twice": np.array([0, 1, 0, 1], np.int64),
        "classes": np.array([[0, 1, 2]], np.int64),
        "base": np.array([[0.5, 0.3, 0.4]], np.float32),
        "zero": np.zeros((1, 1), np.int64),
        "axes": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["orig_target_sizes", "twice"], ["sides"], axis=1),
        helper.make_node("Cast", ["sides"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["floats", "axes"], ["scale"]),
        helper.make_node("Mul", ["fractions", "scale"], ["boxes"]),
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axes"], ["brightness"]),
        helper.make_node("Add", ["base", "brightness"], ["scores"]),
        helper.make_node("Mul", ["orig_target_sizes", "zero"], ["nothing"]),
        helper.make_node("ReduceSum", ["nothing", "axes"], ["none"], keepdims=1),
        helper.make_node("Add", ["classes", "none"], ["labels"]),
    ]
    outputs = [
        _output("labels", 3, kind=TensorProto.INT64),
        _output("boxes", 3, 4),
        _output("scores", 3),
    ]
    sizes = helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, ["n", 2])
    return _graph(nodes, outputs, values, sizes)


QUERY_MANIFEST = manifest(
    "query",
    DecoderSpec("rt-detr", 0.3),
    constants={"orig_target_sizes": ("width", "height")},
)


def query_expected(picture: Picture) -> list[Found]:
    seen = shown(picture)
    high, wide = seen.values.shape[2:]
    sizes = np.array([[wide, high]], np.int64)
    answer = run(query_model(), {"images": seen.values, "orig_target_sizes": sizes})
    boxes = seen.fractions(answer["boxes"][0])
    rows = zip(answer["labels"][0], answer["scores"][0], boxes, strict=True)
    return [
        (int(label), float(score), _corners(box))
        for label, score, box in rows
        if box[0] < box[2] and box[1] < box[3]
    ]


def assert_same(found: Sequence[Found], expected: Sequence[Found]) -> None:
    """The same things, whatever their order: each has its like on the other side."""
    assert len(found) == len(expected)
    one, other = (
        np.array([(class_id, score, *box) for class_id, score, box in each])
        for each in (found, expected)
    )
    apart = np.abs(one[:, np.newaxis] - other[np.newaxis]).max(axis=2)
    assert apart.min(axis=0).max() <= TOLERANCE
    assert apart.min(axis=1).max() <= TOLERANCE
