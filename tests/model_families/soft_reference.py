"""Soft suppression, pair by pair, as its authors wrote it (Bodla et al., 2017)."""

import math
from collections.abc import Callable
from dataclasses import replace

from tests.model_families.yolo_reference import Found, overlap, rotated_overlap

Overlap = Callable[[Found, Found], float]
Decay = Callable[[float], float]


def upright(one: Found, other: Found) -> float:
    return overlap(one.corners, other.corners)


def turned(one: Found, other: Found) -> float:
    return rotated_overlap(one.oriented, other.oriented)


def linear(threshold: float) -> Decay:
    return lambda shared: 1 - shared if shared > threshold else 1.0


def gaussian(sigma: float) -> Decay:
    return lambda shared: math.exp(-(shared**2) / sigma)


def softened(
    found: list[Found], decay: Decay, threshold: float, shared: Overlap = upright
) -> list[Found]:
    """Those whose score remains at `threshold` or above, with what is left of their scores."""
    waiting, kept = list(found), []
    while waiting:
        best = max(waiting, key=lambda one: one.score)
        waiting.remove(best)
        kept.append(best)
        waiting = [
            replace(one, score=one.score * decay(shared(best, one)))
            if one.class_id == best.class_id
            else one
            for one in waiting
        ]
        waiting = [one for one in waiting if one.score >= threshold]
    return kept
