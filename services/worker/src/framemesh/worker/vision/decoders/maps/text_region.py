"""One region of a map of text: its rectangle, grown to the size of the text, and its score."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array

MIN_SIDE = 3
"""Of a region, in cells of the map; smaller ones are noise. Both as PaddleOCR has them."""

MIN_GROWN_SIDE = 5


@dataclass(frozen=True, slots=True, eq=False)
class TextRegion:
    corners: Array
    """[4, 2], x and y in cells of the map: upper left, upper right, lower right, lower left."""
    score: float


def text_region(contour: MatLike, probabilities: Array, spec: DecoderSpec) -> TextRegion | None:
    """The region inside a contour; None if it is too small or its score below the threshold."""
    centre, (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < MIN_SIDE:
        return None
    score = _mean_inside(probabilities, np.asarray(cv2.boxPoints((centre, (width, height), angle))))
    if score < spec.score_threshold or score <= 0:
        return None
    growth = width * height * spec.unclip_ratio / (width + height)  # half of it on each side
    grown = (width + growth, height + growth)
    if min(grown) < MIN_GROWN_SIDE:
        return None
    return TextRegion(_clockwise(np.asarray(cv2.boxPoints((centre, grown, angle)))), score)


def _mean_inside(probabilities: Array, corners: Array) -> float:
    """The mean of the map in a rectangle, whose corners are taken to whole cells."""
    limits = np.array(probabilities.shape[::-1]) - 1
    first = np.clip(np.floor(corners.min(axis=0)), 0, limits).astype(int)
    last = np.clip(np.ceil(corners.max(axis=0)), 0, limits).astype(int)
    inside = np.zeros((last - first + 1)[::-1], np.uint8)
    cv2.fillPoly(inside, [(corners - first).astype(np.int32)], (1,))
    window = probabilities[first[1] : last[1] + 1, first[0] : last[0] + 1]
    return float(cv2.mean(window, inside)[0])


def _clockwise(corners: Array) -> Array:
    """From the upper left: of the two corners farthest left the upper one is the first."""
    by_column = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_column[:2][np.argsort(by_column[:2, 1], kind="stable")]
    right = by_column[2:][np.argsort(by_column[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)
