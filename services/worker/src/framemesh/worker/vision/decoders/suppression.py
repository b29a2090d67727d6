"""Non-maximum suppression: of overlapping boxes of one class, the best is kept."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, RawDetection

MAX_CANDIDATES = 2000
"""Boxes that are compared with one another, the best first: with a threshold near 0 there may be a
hundred thousand."""

DESCENDING_SCORES = np.linspace(1.0, 0.5, MAX_CANDIDATES).tolist()

Indices = NDArray[np.intp]


def select_detections(
    corners: Array, scores: Array, classes: Indices, spec: DecoderSpec
) -> list[RawDetection]:
    """The detections that remain of candidates above the threshold.

    corners: [n, 4], left, top, right, bottom in fractions of the input, perhaps beyond it.
    scores, classes: [n].
    """
    if not len(scores):
        return []
    order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    # Twice as fast as np.clip for a few boxes.
    corners = np.minimum(np.maximum(corners[order], 0.0), 1.0)
    visible = (corners[:, 0] < corners[:, 2]) & (corners[:, 1] < corners[:, 3])
    order, corners = order[visible], corners[visible]
    kept = non_max_suppression(corners, classes[order], spec.iou_threshold, spec.max_detections)
    return [
        RawDetection(class_id, min(1.0, score), Box(*sides))
        for class_id, score, sides in zip(
            classes[order[kept]].tolist(),
            scores[order[kept]].tolist(),
            corners[kept].tolist(),
            strict=True,
        )
    ]


def non_max_suppression(
    corners: Array, classes: Indices, iou_threshold: float, limit: int
) -> Indices:
    """Indices of the boxes that overlap no better box of their class by more than the threshold.
    The best comes first.

    corners: [n, 4] with n up to MAX_CANDIDATES, sorted by score. At most `limit` indices are
    returned.
    """
    rectangles = corners.astype(np.float64)
    rectangles[:, 2:] -= rectangles[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(
        rectangles.tolist(),
        # The boxes come in the order of their scores, so any scores in that order will do.
        DESCENDING_SCORES[: len(corners)],
        classes.tolist(),
        0.0,
        iou_threshold,
    )
    return np.asarray(kept, np.intp)[:limit]
