"""Which detections of two outcomes of one frame are the same thing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from framemesh.core.detection import Box, Detection

MIN_IOU = 0.5
"""Below, two boxes count as two things: the usual bound of the field."""

MAX_COMPARED = 300
"""Detections of one class in one frame whose boxes are compared, those of the highest score first:
each is compared with each. Models with more count the others as unmatched."""


class Match(NamedTuple):
    """A detection of the real outcome and one of the shadow's that are the same thing."""

    real: Detection
    shadow: Detection
    iou: float
    """Of their boxes; 1 where neither has one."""


def matches(
    real: Sequence[Detection], shadow: Sequence[Detection], min_iou: float = MIN_IOU
) -> list[Match]:
    """Pairs of the same stage and class, the best overlap first; each detection is in one at most.

    Detections without a box, as the class of a whole frame, match by stage and class alone.
    """
    found: list[Match] = []
    others = _by_class(shadow)
    for kind, mine in _by_class(real).items():
        pairs = sorted(
            _pairs(mine[:MAX_COMPARED], others[kind][:MAX_COMPARED], min_iou),
            key=lambda pair: (-pair[0], pair[1], pair[2]),
        )
        taken_real: set[int] = set()
        taken_shadow: set[int] = set()
        for iou, at, other in pairs:
            if at not in taken_real and other not in taken_shadow:
                taken_real.add(at)
                taken_shadow.add(other)
                found.append(Match(mine[at], others[kind][other], iou))
    return found


def intersection_over_union(one: Box, other: Box) -> float:
    """0 to 1; 0 where both are empty."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    common = max(0.0, width) * max(0.0, height)
    union = _area(one) + _area(other) - common
    return common / union if union > 0 else 0.0


def _area(box: Box) -> float:
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)


def _by_class(detections: Sequence[Detection]) -> defaultdict[tuple[str, str], list[Detection]]:
    """By stage and label, the highest score first."""
    found: defaultdict[tuple[str, str], list[Detection]] = defaultdict(list)
    for detection in sorted(detections, key=lambda each: -each.score):
        found[detection.stage, detection.label].append(detection)
    return found


def _pairs(
    real: Sequence[Detection], shadow: Sequence[Detection], min_iou: float
) -> Iterator[tuple[float, int, int]]:
    for at, one in enumerate(real):
        for other, two in enumerate(shadow):
            if one.box is None or two.box is None:
                if one.box is two.box:
                    yield 1.0, at, other
            elif (iou := intersection_over_union(one.box, two.box)) >= min_iou:
                yield iou, at, other
