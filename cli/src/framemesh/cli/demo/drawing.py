"""Detections drawn on a picture."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2

Pixels = NDArray[np.uint8]
"""[height, width, 3] of uint8, BGR."""

COLORS = ((80, 220, 60), (60, 160, 250), (240, 160, 60), (200, 90, 230), (70, 230, 230))
"""BGR; the color of a class is at its id modulo their number."""

FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_SCALE = 0.45
LINE_PIXELS = 2
INK = (20, 20, 20)


def draw(picture: Pixels, detections: Iterable[outcome_pb2.Detection]) -> Pixels:
    """A copy of `picture` with a box, a label and a score for each detection."""
    drawn = picture.copy()
    for detection in detections:
        color = COLORS[detection.class_id % len(COLORS)]
        text = f"{detection.label} {detection.score:.2f}"
        if detection.HasField("box"):
            left, top = _box(drawn, detection.box, color)
            _label(drawn, text, left, top, color)
        else:
            _label(drawn, text, 0, drawn.shape[0], color)
    return drawn


def _box(picture: Pixels, box: outcome_pb2.Box, color: tuple[int, int, int]) -> tuple[int, int]:
    height, width = picture.shape[:2]
    left, top = round(box.left * width), round(box.top * height)
    right, bottom = round(box.right * width), round(box.bottom * height)
    cv2.rectangle(picture, (left, top), (right, bottom), color, LINE_PIXELS, cv2.LINE_AA)
    return left, top


def _label(picture: Pixels, text: str, left: int, bottom: int, color: tuple[int, int, int]) -> None:
    (width, height), baseline = cv2.getTextSize(text, FONT, FONT_SCALE, 1)
    top = max(0, bottom - height - baseline - 2)
    left = max(0, min(left, picture.shape[1] - width - 4))
    corner = (left + width + 4, top + height + baseline + 2)
    cv2.rectangle(picture, (left, top), corner, color, cv2.FILLED)
    cv2.putText(picture, text, (left + 2, top + height + 1), FONT, FONT_SCALE, INK, 1, cv2.LINE_AA)
