"""Candidates as detections, the best first."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, RawDetail, RawDetection

Indices = NDArray[np.intp]

Details = Callable[[Indices], Sequence[RawDetail | None]]
"""What else is told of the candidates with these indices, one for each."""


def best_detections(
    corners: Array,
    scores: Array,
    classes: Indices,
    spec: DecoderSpec,
    details: Details | None = None,
) -> list[RawDetection]:
    """The detections of all candidates, where the model itself leaves one box for each thing.

    Args:
        corners: [n, 4], left, top, right, bottom in fractions of the input, perhaps beyond it.
        scores: [n], all of them sufficient.
        classes: [n], places in the list of labels.
        details: asked of those that stay.
    """
    kept = ranked(corners, scores)[: spec.max_detections]
    return to_detections(corners, scores, classes, kept, details)


def ranked(corners: Array, scores: Array) -> Indices:
    """Indices of the boxes of which a part lies in the input, the best first."""
    order = np.argsort(-scores, kind="stable")
    shown = _clipped(corners[order])
    return order[(shown[:, 0] < shown[:, 2]) & (shown[:, 1] < shown[:, 3])]


def to_detections(
    corners: Array,
    scores: Array,
    classes: Indices,
    kept: Indices,
    details: Details | None = None,
) -> list[RawDetection]:
    """The candidates with the indices `kept` as detections, in that order."""
    return [
        RawDetection(class_id, min(1.0, score), Box(*sides), detail)
        for class_id, score, sides, detail in zip(
            classes[kept].tolist(),
            scores[kept].tolist(),
            _clipped(corners[kept]).tolist(),
            details(kept) if details else [None] * len(kept),
            strict=True,
        )
    ]


def sufficient(scores: Array, spec: DecoderSpec) -> NDArray[np.bool_]:
    """Which scores reach the threshold; a score of 0 never does."""
    return (scores >= spec.score_threshold) & (scores > 0)


def _clipped(corners: Array) -> Array:
    """The parts of boxes inside the input."""
    # Twice as fast as np.clip for a few boxes.
    return np.minimum(np.maximum(corners, 0.0), 1.0)
