"""Boxes, oriented boxes and keypoints as lines and dots."""

from collections.abc import Sequence

import cv2
import numpy as np

from framemesh.core.detection import Detection
from framemesh.vision.drawing.colors import DARK, LIGHT, Color
from framemesh.vision.drawing.pixels import Canvas, Place

SURE = 0.3
"""A keypoint with a lower score is a guess of where something hidden may be, and is not drawn."""

SMALLEST_IN_STROKES = 44
"""A thing is at least so many strokes high or wide."""

NARROWEST_IN_LINES = 8
"""The shorter side of a box is at least so many lines wide."""

COCO_KEYPOINTS = 17
COCO_BONES = (
    (0, 1), (0, 2), (1, 3), (2, 4),  # nose, eyes, ears
    (5, 6), (5, 7), (7, 9), (6, 8), (8, 10),  # shoulders, elbows, wrists
    (5, 11), (6, 12), (11, 12),  # hips
    (11, 13), (13, 15), (12, 14), (14, 16),  # knees, ankles
)  # fmt: skip
"""Pairs of keypoints of a person, in the order of the COCO data set, with a line between them."""


def draw_outline(canvas: Canvas, detection: Detection, color: Color) -> None:
    """The corners of an oriented box, or else the box."""
    if detection.corners:
        corners = [canvas.place(corner.x, corner.y) for corner in detection.corners]
        shape = [np.asarray(corners, np.int32)]
        cv2.polylines(canvas.pixels, shape, True, color, canvas.line, cv2.LINE_AA)
    elif detection.box is not None:
        upper_left, lower_right = canvas.corners(detection.box)
        width, height = lower_right[0] - upper_left[0], lower_right[1] - upper_left[1]
        # A line of the usual width would hide a ship of 20 pixels in a large picture.
        line = max(1, min(canvas.line, min(width, height) // NARROWEST_IN_LINES))
        cv2.rectangle(canvas.pixels, upper_left, lower_right, color, line, cv2.LINE_AA)


Bones = Sequence[tuple[int, int]]
"""Pairs of keypoints with a line between them, by their numbers from 0."""


def draw_keypoints(
    canvas: Canvas, detection: Detection, color: Color, skeleton: Bones = ()
) -> None:
    """A dot for each that the model is sure of, and the lines of the skeleton.

    Args:
        skeleton: empty: that of a person, if there are as many keypoints as COCO has.
    """
    places = [
        canvas.place(one.at.x, one.at.y) if one.score >= SURE else None
        for one in detection.keypoints
    ]
    shown = [place for place in places if place]
    if not shown:
        return
    width = _stroke(canvas, shown)
    if not skeleton and len(places) == COCO_KEYPOINTS:
        skeleton = COCO_BONES
    for first, second in skeleton:
        if (
            max(first, second) < len(places)
            and (start := places[first])
            and (end := places[second])
        ):
            cv2.line(canvas.pixels, start, end, color, width, cv2.LINE_AA)
    for place in shown:
        if width > 1:
            cv2.circle(canvas.pixels, place, width + 1, DARK, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(canvas.pixels, place, width, LIGHT, cv2.FILLED, cv2.LINE_AA)


def _stroke(canvas: Canvas, places: Sequence[Place]) -> int:
    """Width of the lines of a skeleton: dots of the usual size would hide who is small."""
    columns, rows = [x for x, _ in places], [y for _, y in places]
    side = max(max(columns) - min(columns), max(rows) - min(rows))
    return max(1, min(canvas.line, side // SMALLEST_IN_STROKES))
