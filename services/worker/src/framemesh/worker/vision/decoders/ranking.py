"""The best of a model's boxes, where the model itself leaves one box for each thing."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, RawDetail, RawDetection


def best_detections(
    corners: Array,
    scores: Array,
    classes: NDArray[np.intp],
    spec: DecoderSpec,
    detail: Callable[[int], RawDetail | None] = lambda index: None,
) -> list[RawDetection]:
    """The detections of all candidates with a sufficient score.

    Args:
        corners: [n, 4], left, top, right, bottom in fractions of the input, perhaps beyond it.
        scores: [n].
        classes: [n], places in the list of labels.
        detail: of the candidate with this index, asked of those that stay.
    """
    order = np.argsort(-scores, kind="stable")
    corners = np.clip(corners[order], 0.0, 1.0)
    visible = (corners[:, 0] < corners[:, 2]) & (corners[:, 1] < corners[:, 3])
    kept = np.flatnonzero(visible)[: spec.max_detections]
    return [
        RawDetection(
            int(classes[order[at]]),
            min(1.0, float(scores[order[at]])),
            Box(*corners[at].tolist()),
            detail(int(order[at])),
        )
        for at in kept
    ]


def sufficient(scores: Array, spec: DecoderSpec) -> NDArray[np.bool_]:
    """Which scores reach the threshold; a score of 0 never does."""
    return (scores >= spec.score_threshold) & (scores > 0)
