"""Models that list each thing as one row."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.listed import DETECTION_OUTPUT_COLUMNS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.listed.box_list import BoxList, Column, Numbers, count_of


class Yolov7Nms:
    """YOLOv7 exported with its suppression: [n, 7] number of the image, left, top, right, bottom in
    pixels of the input, class, score."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        name = self._binding.tensors["rows"]
        listed = _box_list(name, outputs[name], corners=1, scores=6, classes=5)
        return listed.detections(self._spec, self._binding, in_pixels=True)


class Paddle:
    """PP-YOLOE, PicoDet and what else PaddleDetection exports: [n, 6] class, score, left, top,
    right, bottom, and how many rows there are.

    Boxes are in pixels of the input, as its input `scale_factor` is fed 1. Where a model finds
    nothing it may still give one row, of class -1.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        names = self._binding.tensors
        rows = outputs[names["rows"]][: count_of(names["count"], outputs[names["count"]])]
        rows = rows[rows[:, 0] >= 0]
        listed = _box_list(names["rows"], rows, corners=2, scores=1, classes=0)
        return listed.detections(self._spec, self._binding, in_pixels=True)


class DetectionOutput:
    """The last layer of SSD in Caffe and OpenVINO: [1, 1, n, 7] number of the image, class, score,
    left, top, right, bottom, 0 to 1. A row whose image is -1 ends the list."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        name = self._binding.tensors["rows"]
        rows = outputs[name].reshape(-1, DETECTION_OUTPUT_COLUMNS)
        ends = np.flatnonzero(rows[:, 0] < 0)
        if len(ends):
            rows = rows[: ends[0]]
        listed = _box_list(name, rows, corners=3, scores=2, classes=1)
        return listed.detections(self._spec, self._binding, in_pixels=False)


def _box_list(tensor: str, rows: Numbers, *, corners: int, scores: int, classes: int) -> BoxList:
    """The columns at these places of [n, columns]; corners take four."""
    return BoxList(
        Column(tensor, rows[:, corners : corners + 4]),
        Column(tensor, rows[:, scores]),
        Column(tensor, rows[:, classes]),
    )
