"""Files with the tensors of well-known families, as their exporters write them, and what is planted
in their answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.model_families.graphs import FamilyGraph

Values = NDArray[np.float32]

SIDE = 640
PLACES = 8400
"""Cells of strides 8, 16 and 32."""
COCO_CLASSES = 80


@dataclass(frozen=True)
class Signature:
    """One family's file."""

    decoder: str
    build: Callable[[], FamilyGraph]
    metadata: Mapping[str, str]
    told: bool = True
    """Whether the file as it is tells all that is needed."""

    def file(self) -> bytes:
        return self.build().save(self.metadata)


def ultralytics(task: str, classes: int, **more: str) -> dict[str, str]:
    """Metadata as that exporter writes it."""
    names = {number: f"name {number}" for number in range(classes)}
    return {"stride": "32", "names": str(names), "task": task, "imgsz": "[640, 640]", **more}


def channels(count: int, classes: int, places: int = PLACES) -> Values:
    """[1, count, places]: three boxes in pixels, of different classes."""
    values = np.zeros((1, count, places), np.float32)
    for number, place in enumerate((101, 138, 4000)):
        values[0, :4, place] = (100 + 90 * number, 200, 80, 60)
        values[0, 4 + number % classes, place] = 0.9
    return values


def _one(values: Values, name: str = "output0", side: int = SIDE) -> FamilyGraph:
    graph = FamilyGraph("images", (1, 3, side, side))
    graph.output(name, values)
    return graph


def _yolov5() -> FamilyGraph:
    values = np.zeros((1, 25200, 85), np.float32)
    values[0, 100, :6] = (320, 320, 60, 90, 0.99, 0.9)
    return _one(values)


def _segments() -> FamilyGraph:
    values = channels(116, COCO_CLASSES)
    values[0, 84:, 101] = 4.0
    graph = _one(values)
    graph.output("output1", np.zeros((1, 32, 160, 160), np.float32))
    return graph


def _poses() -> FamilyGraph:
    values = channels(56, 1)
    values[0, 5::3, 101], values[0, 6::3, 101], values[0, 7::3, 101] = 120, 210, 0.8
    return _one(values)


def _oriented() -> FamilyGraph:
    values = channels(20, 15)
    values[0, 19, 101] = 0.5
    return _one(values)


def rows(fill: tuple[float, ...] = (10, 20, 200, 300, 0.9, 5)) -> Values:
    """[1, 300, 6]: two detections, and 298 rows of zeros."""
    values = np.zeros((1, 300, 6), np.float32)
    values[0, 0] = fill
    values[0, 1] = (*fill[:4], fill[4] / 2, 2)
    return values


def _queries() -> FamilyGraph:
    values = np.zeros((1, 300, 84), np.float32)
    values[0, :3, :4], values[0, :3, 4] = (0.5, 0.5, 0.2, 0.3), (0.9, 0.8, 0.7)
    return _one(values)


def _yolox() -> FamilyGraph:
    values = np.zeros((1, PLACES, 85), np.float32)
    values[0, 6500, :6] = (0.4, -0.3, 1.2, 1.9, 0.99, 0.9)
    return _one(values, "output")


def _detr(columns: int, fill: float, boxes: str, logits: str, queries: int = 300) -> FamilyGraph:
    name = "input" if boxes == "dets" else "pixel_values"
    graph = FamilyGraph(name, (1, 3, SIDE, SIDE))
    values = np.full((1, queries, columns), fill, np.float32)
    values[0, 0, 1] = 3.0
    places = np.full((1, queries, 4), 0.4, np.float32)
    for output, content in ((logits, values), (boxes, places)):
        graph.output(output, content)
    return graph


def _softmax_detr() -> FamilyGraph:
    graph = FamilyGraph("pixel_values", (1, 3, 800, 800))
    values = np.zeros((1, 100, 92), np.float32)
    values[0, 3:, 91], values[0, :3, 17] = 12.0, 12.0
    graph.output("logits", values)
    graph.output("pred_boxes", np.full((1, 100, 4), 0.4, np.float32))
    return graph


def _scrfd() -> FamilyGraph:
    graph = FamilyGraph("input.1", (1, 3, SIDE, SIDE))
    for width in (1, 4, 10):
        for stride in (8, 16, 32):
            places = 2 * (SIDE // stride) ** 2
            graph.output(f"{width}_{stride}", np.zeros((1, places, width), np.float32))
    return graph


def _classes(values: Values) -> FamilyGraph:
    return _one(values[None], "output", 224)


def _softmax(count: int) -> Values:
    values = np.exp(np.linspace(0, 4, count, dtype=np.float32))
    return np.asarray(values / values.sum(), np.float32)


def _map(channels_of_it: int, name: str) -> FamilyGraph:
    values = np.zeros((1, channels_of_it, 224, 224), np.float32)
    values[0, 0, :100] = 5.0
    return _one(values, name, 224)


def _cells() -> FamilyGraph:
    values = np.zeros((1, 85, 22, 22), np.float32)
    values[0, 5:] = 1 / 80
    values[0, 1:3, 3, 3] = -0.4
    graph = FamilyGraph("input.1", (1, 3, 352, 352))
    graph.output("758", values)
    return graph


def _ultraface() -> FamilyGraph:
    graph = FamilyGraph("input", (1, 3, 240, 320))
    graph.output("scores", np.full((1, 4420, 2), 0.5, np.float32))
    graph.output("boxes", np.full((1, 4420, 4), 0.3, np.float32))
    return graph


def _centerface() -> FamilyGraph:
    graph = FamilyGraph("input.1", (1, 3, SIDE, SIDE))
    for name, count in (("537", 1), ("538", 2), ("539", 2), ("540", 10)):
        graph.output(name, np.full((1, count, SIDE // 4, SIDE // 4), 0.2, np.float32))
    return graph


def _batched_rows(order: tuple[float, ...]) -> FamilyGraph:
    """[rows, 7]: image, corners in pixels, then class and score in one of two orders."""
    return _one(np.array([(0, 10, 20, 200, 300, *order)], np.float32), "output")


def _detection_output() -> FamilyGraph:
    values = np.zeros((1, 1, 200, 7), np.float32)
    values[0, 0, 0], values[0, 0, 1, 0] = (0, 3, 0.8, 0.1, 0.2, 0.5, 0.6), -1
    return _one(values, "detection_out", 300)


SIGNATURES: Mapping[str, Signature] = {
    "YOLOv5": Signature("yolov5", _yolov5, {"stride": "32", "names": str([*map(str, range(80))])}),
    "YOLOv8": Signature(
        "yolov8", lambda: _one(channels(84, COCO_CLASSES)), ultralytics("detect", 80)
    ),
    "YOLOv8 of 3 classes": Signature(
        "yolov8", lambda: _one(channels(7, 3)), ultralytics("detect", 3)
    ),
    "YOLOv8-seg": Signature("yolov8-seg", _segments, ultralytics("segment", 80)),
    "YOLOv8-pose": Signature("yolov8-pose", _poses, ultralytics("pose", 1, kpt_shape="[17, 3]")),
    "YOLOv8-obb": Signature("yolov8-obb", _oriented, ultralytics("obb", 15)),
    "YOLOv8-cls": Signature(
        "classification", lambda: _classes(_softmax(10)), ultralytics("classify", 10)
    ),
    "YOLO26": Signature(
        "yolo-end2end", lambda: _one(rows()), ultralytics("detect", 80, end2end="True")
    ),
    "YOLOv10 of 2 classes": Signature(
        "yolo-end2end", lambda: _one(rows((10, 20, 200, 300, 0.9, 1))), ultralytics("detect", 2)
    ),
    "RT-DETR of Ultralytics": Signature("rt-detr-ultralytics", _queries, ultralytics("detect", 80)),
    "YOLOX": Signature("yolox", _yolox, {}),
    "RF-DETR": Signature("rf-detr", lambda: _detr(91, -8.0, "dets", "labels"), {}),
    "RT-DETR of Hugging Face": Signature(
        "rt-detr-logits", lambda: _detr(80, -8.0, "pred_boxes", "logits"), {}
    ),
    "DETR": Signature("detr", _softmax_detr, {}),
    "FastestDet": Signature("fastestdet", _cells, {}),
    "UltraFace": Signature("ssd", _ultraface, {}),
    "CenterFace": Signature("centerface", _centerface, {}),
    "YOLOv7 with NMS": Signature("yolov7-nms", lambda: _batched_rows((5, 0.9)), {}, told=False),
    "SSD with DetectionOutput": Signature("detection-output", _detection_output, {}, told=False),
    "SCRFD": Signature("scrfd", _scrfd, {}),
    "a classifier with softmax": Signature(
        "classification", lambda: _classes(_softmax(10)), {}, told=False
    ),
    "a classifier with logits": Signature(
        "classification", lambda: _classes(np.linspace(-3, 5, 1000).astype(np.float32)), {}, False
    ),
    "many labels": Signature(
        "multi-label", lambda: _classes(np.array([0.9, 0.8, 0.1], np.float32)), {}, told=False
    ),
    "an embedding": Signature(
        "embedding", lambda: _classes(np.sin(np.arange(512)).astype(np.float32)), {}, told=False
    ),
    "DeepLab": Signature("semantic", lambda: _map(21, "out"), {}),
    "U-Net": Signature("semantic", lambda: _map(4, "output"), {}, told=False),
    "anomalib": Signature("anomaly", lambda: _map(1, "anomaly_map"), {}),
}
