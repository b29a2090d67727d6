"""Non-maximum suppression: of overlapping boxes of one class, the best is kept, and the others
go or lose of their scores."""

from functools import partial

import cv2
import numpy as np

from framemesh.modeling.manifest import DecoderSpec, Suppression
from framemesh.worker.vision.decoders.decoder import Array, RawDetection
from framemesh.worker.vision.decoders.ranking import Details, Indices, ranked, to_detections
from framemesh.worker.vision.decoders.soft_suppression import (
    overlaps,
    soft_suppression,
    with_lowered,
)

MAX_CANDIDATES = 2000
"""Boxes that are compared with one another, the best first: with a threshold near 0 there may be a
hundred thousand."""

DESCENDING_SCORES = np.linspace(1.0, 0.5, MAX_CANDIDATES).tolist()


def select_detections(
    corners: Array,
    scores: Array,
    classes: Indices,
    spec: DecoderSpec,
    details: Details | None = None,
) -> list[RawDetection]:
    """The detections that remain of candidates above the threshold.

    Boxes are compared as the model tells them, and clipped to the input afterwards.

    Args:
        corners: [n, 4], left, top, right, bottom in fractions of the input, perhaps beyond it.
        scores: [n].
        classes: [n].
        details: asked of those that remain.
    """
    order = ranked(corners, scores)[:MAX_CANDIDATES]
    if not len(order):
        return []
    groups = rivals(classes[order], spec)
    if spec.suppression is Suppression.HARD:
        kept = non_max_suppression(corners[order], groups, spec.iou_threshold, spec.max_detections)
    else:
        kept, lowered = soft_suppression(
            scores[order], groups, partial(overlaps, corners[order]), spec
        )
        scores = with_lowered(scores, order[kept], lowered)
    return to_detections(corners, scores, classes, order[kept], details)


def rivals(classes: Indices, spec: DecoderSpec) -> Indices:
    """[n]: equal numbers for boxes that may show the same thing."""
    return np.zeros(len(classes), np.intp) if spec.agnostic else classes


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
