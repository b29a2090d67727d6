"""Boxes as rows of left, top, right, bottom, in fractions 0..1 of the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Detections:
    """`boxes` [n, 4] with their `scores` [n], best first."""

    boxes: Floats
    scores: Floats

    def above(self, threshold: float) -> "Detections":
        """The detections whose score is higher than `threshold`."""
        keep = self.scores > threshold
        return Detections(self.boxes[keep], self.scores[keep])


def overlap(first: Floats, second: Floats) -> Floats:
    """Intersection over union of each of `first` [n, 4] with each of `second` [m, 4]: [n, m]."""
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    opposite = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(opposite - corner, 0, None).prod(axis=-1)
    area_first = (first[:, 2:] - first[:, :2]).prod(axis=-1)
    area_second = (second[:, 2:] - second[:, :2]).prod(axis=-1)
    union = area_first[:, None] + area_second[None, :] - shared
    return shared / np.maximum(union, 1e-9)


def non_max_suppression(boxes: Floats, scores: Floats, iou: float) -> Detections:
    """Greedy non-maximum suppression: a box that overlaps a better one by more than `iou` goes."""
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    overlapping = overlap(boxes, boxes) > iou
    keep = np.ones(len(boxes), dtype=bool)
    for index in range(len(boxes)):
        if keep[index]:
            keep[index + 1 :] &= ~overlapping[index, index + 1 :]
    return Detections(boxes[keep], scores[keep])
