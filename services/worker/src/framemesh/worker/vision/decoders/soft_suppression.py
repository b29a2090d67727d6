"""Soft suppression (Soft-NMS, Bodla et al., 2017): what overlaps a better box loses of its score.

In a crowd, where things hide one another, the box behind stays as long as its score is sufficient.
"""

from collections.abc import Callable

import numpy as np

from framemesh.modeling.manifest import DecoderSpec, Suppression
from framemesh.worker.vision.decoders.decoder import Array
from framemesh.worker.vision.decoders.ranking import Indices, sufficient

Overlaps = Callable[[int], Array]
"""[n]: how much the box with this index overlaps each of n, 0 to 1."""


def soft_suppression(
    scores: Array, groups: Indices, overlaps_of: Overlaps, spec: DecoderSpec
) -> tuple[Indices, Array]:
    """Indices of the boxes that remain sufficient, the best first, and the scores they have left.

    Args:
        scores: [n].
        groups: [n]: equal numbers for boxes that may show the same thing.
        overlaps_of: asked of each box that is kept.
    """
    left = scores.copy()
    kept: list[int] = []
    lowered: list[float] = []
    open_ = sufficient(left, spec)
    while open_.any() and len(kept) < spec.max_detections:
        best = int(np.where(open_, left, -1.0).argmax())
        kept.append(best)
        lowered.append(float(left[best]))
        open_[best] = False
        rivals = open_ & (groups == groups[best])
        left[rivals] *= _weights(overlaps_of(best)[rivals], spec)
        open_ &= sufficient(left, spec)
    return np.asarray(kept, np.intp), np.asarray(lowered, np.float32)


def overlaps(corners: Array, index: int) -> Array:
    """[n]: intersection over union of the box with this index and each of `corners` [n, 4]."""
    boxes = corners.astype(np.float64)
    one = boxes[index]
    shared = np.minimum(boxes[:, 2:], one[2:]) - np.maximum(boxes[:, :2], one[:2])
    intersection = np.maximum(shared, 0).prod(axis=1)
    areas = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)
    union = areas + areas[index] - intersection
    shares = np.divide(intersection, union, out=np.zeros(len(boxes)), where=union > 0)
    return np.asarray(shares, np.float32)


def with_lowered(scores: Array, indices: Indices, lowered: Array) -> Array:
    """`scores` with those at `indices` replaced."""
    changed = scores.copy()
    changed[indices] = lowered
    return changed


def _weights(overlap: Array, spec: DecoderSpec) -> Array:
    """What is left of a score of 1 beside a better box, by how much the two overlap."""
    if spec.suppression is Suppression.SOFT_GAUSSIAN:
        return np.asarray(np.exp(-(overlap**2) / spec.sigma), np.float32)
    return np.asarray(np.where(overlap > spec.iou_threshold, 1 - overlap, 1), np.float32)
