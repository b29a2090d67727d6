"""The teacher: a FastestDet ONNX file, asked for one class only."""

from pathlib import Path

import numpy as np
import onnxruntime

from .boxes import Detections, Floats, non_max_suppression
from .video import Picture, fit

LOWEST_SCORE = 0.2
"""Boxes below say nothing about people; they are dropped before the suppression."""

SUPPRESSION_IOU = 0.45


def class_index(labels: Path, label: str) -> int:
    """The place of `label` in a file with one class name a line."""
    return labels.read_text(encoding="utf-8").split("\n").index(label)


class Teacher:
    """Finds the boxes of one class in a picture of any size."""

    def __init__(self, model: Path, category: int) -> None:
        self._session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        source = self._session.get_inputs()[0]
        self._input = source.name
        self._height, self._width = source.shape[2:]
        self._category = category

    def __call__(self, frame: Picture) -> Detections:
        """The class' boxes in `frame`, clipped to the picture."""
        picture = fit(frame, self._width, self._height)
        planes = picture.transpose(2, 0, 1)[None].astype(np.float32) / 255
        channels = self._session.run(None, {self._input: planes})[0][0]
        scores = channels[0] ** 0.6 * channels[5:].max(axis=0) ** 0.4
        chosen = (channels[5:].argmax(axis=0) == self._category) & (scores > LOWEST_SCORE)
        return non_max_suppression(_decode(channels)[chosen], scores[chosen], SUPPRESSION_IOU)


def _decode(channels: Floats) -> Floats:
    """The box of every cell, [rows, columns, 4], of FastestDet's output [5 + classes, ...]."""
    _, rows, columns = channels.shape
    row, column = np.mgrid[:rows, :columns]
    center = np.stack(
        [(column + np.tanh(channels[1])) / columns, (row + np.tanh(channels[2])) / rows], axis=-1
    )
    half = np.stack([_sigmoid(channels[3]), _sigmoid(channels[4])], axis=-1) / 2
    boxes = np.concatenate([center - half, center + half], axis=-1)
    return np.clip(boxes, 0, 1).astype(np.float32)


def _sigmoid(value: Floats) -> Floats:
    return 1 / (1 + np.exp(-value))
