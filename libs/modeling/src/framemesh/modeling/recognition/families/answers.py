"""What the values of detectors look like, for those families that have them in common.

Each function makes the check of one output; the check says what an inference tells.
"""

from collections.abc import Callable

import numpy as np

from framemesh.modeling.recognition.guess import (
    Finding,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.probe import Probe, Values, sums_to_one, whole, within

Check = Callable[[Probe], Finding]

PIXELS = 1.5
"""A coordinate over this is no fraction of an image: even a box that hangs over ends near 1."""

MIN_ROWS = 1


def suppressed_rows(output: str) -> Check:
    """[rows, 6 or more]: x1, y1, x2, y2 in pixels, score, class; best first, padded with zeros."""

    def check(probe: Probe) -> Finding:
        rows = probe.values(output)
        used = rows[rows[:, 4] > 0] if rows.ndim == 2 and rows.shape[1] >= 6 else rows[:0]
        if not used.size:
            return open_question("the image gave no row to look at: try --image with objects")
        if not within(used[:, 4], 0, 1) or not whole(used[:, 5]):
            return contradicted("columns 5 and 6 are not a score and a class")
        if (used[:, 2:4] < used[:, :2]).any() or used[:, :4].max() <= PIXELS:
            return contradicted("columns 1 to 4 are not the corners of boxes in pixels")
        if (np.diff(used[:, 4]) > 1e-6).any():
            return open_question("the rows are not sorted by score, as a suppression leaves them")
        return confirmed("rows of corners in pixels, a score and a class, sorted by score")

    return check


def oriented_rows(output: str) -> Check:
    """[rows, 7]: centre and size in pixels, score, class, angle."""

    def check(probe: Probe) -> Finding:
        rows = probe.values(output)
        if rows.ndim != 2 or rows.shape[1] != 7:
            return contradicted("no rows of a centre, a size, a score, a class and an angle")
        used = rows[rows[:, 4] > 0]
        if not used.size:
            return open_question("the image gave no row to look at: try --image with objects")
        if not within(used[:, 4], 0, 1) or not whole(used[:, 5]):
            return contradicted("columns 5 and 6 are not a score and a class")
        return confirmed("rows of boxes, a score, a class and an angle")

    return check


def boxes_and_scores(output: str) -> Check:
    """[rows, 4 + classes]: cx, cy, w, h in fractions, then a score of each class (RT-DETR)."""

    def check(probe: Probe) -> Finding:
        rows = probe.values(output)
        if rows.ndim != 2 or not within(rows, 0, 1):
            return contradicted("not all values lie between 0 and 1")
        if sums_to_one(rows):
            return contradicted("each row sums to 1, as a distribution")
        return confirmed("boxes in fractions and scores between 0 and 1")

    return check


def places_first(output: str, classes: int = 0) -> Check:
    """[places, 5 + classes + more]: cx, cy, w, h in pixels, objectness, scores (YOLOv5, YOLOv7);
    `classes` are all where it is 0."""

    def check(probe: Probe) -> Finding:
        places = probe.values(output)
        return _pixels_then_scores(places[:, : 5 + classes] if classes else places)

    return check


def channels_first(output: str, scores: int = 0) -> Check:
    """[4 + classes + more, places]: cx, cy, w, h in pixels, then `scores` scores (0: all)."""

    def check(probe: Probe) -> Finding:
        places = of_places(probe, output)
        return _pixels_then_scores(places[:, : 4 + scores] if scores else places)

    return check


def of_places(probe: Probe, output: str) -> Values:
    """[places, values]: of these, there are always more places."""
    values = probe.values(output)
    return values if values.ndim == 2 and values.shape[0] >= values.shape[1] else values.T


def _pixels_then_scores(places: Values) -> Finding:
    if places.ndim != 2 or not within(places[:, 4:], 0, 1):
        return contradicted("what should be scores does not lie between 0 and 1")
    if places[:, :4].max() <= PIXELS:
        return open_question("the boxes are not in pixels")
    if (places[:, 2:4] < 0).any():
        return contradicted("widths or heights are negative")
    return confirmed("boxes in pixels, scores between 0 and 1")


def offsets_and_logs(output: str) -> Check:
    """[places, 5 + classes]: offsets in cells, logarithms of sizes, scores (YOLOX)."""

    def check(probe: Probe) -> Finding:
        places = probe.values(output)
        if places.ndim != 2 or not within(places[:, 4:], 0, 1):
            return contradicted("what should be scores does not lie between 0 and 1")
        boxes = places[:, :4]
        if boxes.max() > MAX_OFFSET:
            return contradicted("the boxes are in pixels already")
        if boxes.min() >= 0:
            return open_question("offsets in cells would be negative here and there")
        return confirmed("offsets in cells and logarithms of sizes, scores between 0 and 1")

    return check


MAX_OFFSET = 20.0
"""Of a box from its cell in cells, and of the logarithm of its size; boxes in pixels have more."""
