"""Which detections of two outcomes of one frame are the same thing."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
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


class Matching(NamedTuple):
    """All pairs of two outcomes. No detection is in two."""

    same: list[Match]
    """Of the same stage and class."""
    relabelled: list[Match]
    """Of what is left over, those of the same stage and of different classes."""


def matching(real: Sequence[Detection], shadow: Sequence[Detection]) -> Matching:
    """Pairs by their boxes, the best overlap first.

    Detections without a box, as the class of a whole frame, match by stage and class alone.
    """
    same = _matches(real, shadow, lambda each: (each.stage, each.label))
    mine, others = {id(each.real) for each in same}, {id(each.shadow) for each in same}
    relabelled = _matches(
        [each for each in real if id(each) not in mine],
        [each for each in shadow if id(each) not in others],
        lambda each: each.stage,
    )
    # Of one class they are not: they would be among the same, but for MAX_COMPARED.
    return Matching(same, [each for each in relabelled if each.real.label != each.shadow.label])


def intersection_over_union(one: Box, other: Box) -> float:
    """0 to 1; 0 where both are empty."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    common = max(0.0, width) * max(0.0, height)
    union = _area(one) + _area(other) - common
    return common / union if union > 0 else 0.0


def _area(box: Box) -> float:
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)


def _matches(
    real: Sequence[Detection],
    shadow: Sequence[Detection],
    kind: Callable[[Detection], Hashable],
) -> list[Match]:
    """Pairs of one kind."""
    found: list[Match] = []
    others = _by_kind(shadow, kind)
    for each, mine in _by_kind(real, kind).items():
        pairs = sorted(
            _pairs(mine[:MAX_COMPARED], others[each][:MAX_COMPARED]),
            key=lambda pair: (-pair[0], pair[1], pair[2]),
        )
        taken_real: set[int] = set()
        taken_shadow: set[int] = set()
        for iou, at, other in pairs:
            if at not in taken_real and other not in taken_shadow:
                taken_real.add(at)
                taken_shadow.add(other)
                found.append(Match(mine[at], others[each][other], iou))
    return found


def _by_kind(
    detections: Sequence[Detection], kind: Callable[[Detection], Hashable]
) -> defaultdict[Hashable, list[Detection]]:
    """The highest score first."""
    found: defaultdict[Hashable, list[Detection]] = defaultdict(list)
    for detection in sorted(detections, key=lambda each: -each.score):
        found[kind(detection)].append(detection)
    return found


def _pairs(
    real: Sequence[Detection], shadow: Sequence[Detection]
) -> Iterator[tuple[float, int, int]]:
    for at, one in enumerate(real):
        for other, two in enumerate(shadow):
            if one.box is None or two.box is None:
                if one.box is two.box:
                    yield 1.0, at, other
            elif (iou := intersection_over_union(one.box, two.box)) >= MIN_IOU:
                yield iou, at, other
