"""The detection of one thing that fills the image, by its keypoints."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box, Keypoint, Point
from framemesh.worker.vision.decoders.decoder import RawDetail, RawDetection


def posed(
    xs: NDArray[Any], ys: NDArray[Any], scores: NDArray[Any], threshold: float
) -> list[RawDetection]:
    """One detection with all keypoints, or none if no keypoint reaches the threshold.

    Its box encloses those that do, and its score is the mean of theirs.

    Args:
        xs, ys: [keypoints], in fractions of the input.
        scores: [keypoints]; what lies beyond 0 and 1 is clipped.
    """
    scores = np.clip(scores, 0.0, 1.0)
    seen = (scores >= threshold) & (scores > 0)
    if not seen.any():
        return []
    keypoints = tuple(
        Keypoint(Point(x, y), score)
        for x, y, score in zip(xs.tolist(), ys.tolist(), scores.tolist(), strict=True)
    )
    box = _enclosing(xs[seen], ys[seen])
    return [RawDetection(0, float(scores[seen].mean()), box, RawDetail(keypoints=keypoints))]


def _enclosing(xs: NDArray[Any], ys: NDArray[Any]) -> Box | None:
    """None where they lie in one row or column, or beside the input."""
    left, right = (float(np.clip(side, 0.0, 1.0)) for side in (xs.min(), xs.max()))
    top, bottom = (float(np.clip(side, 0.0, 1.0)) for side in (ys.min(), ys.max()))
    return Box(left, top, right, bottom) if left < right and top < bottom else None
