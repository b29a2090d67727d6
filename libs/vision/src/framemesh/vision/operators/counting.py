"""Counts things by zone and label."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from framemesh.core.detection import Box, Point
from framemesh.core.pipeline.operators import CountSpec

WHOLE_FRAME = ""
"""The zone of figures that are of no zone."""


class Zone(Protocol):
    """A part of the frame."""

    def contains(self, x: float, y: float) -> bool:
        """Whether a place, in fractions of the frame, lies in it."""
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """How many things with one label are in one zone."""

    zone: str
    """WHOLE_FRAME where no zones were named."""
    label: str
    count: int


def standpoint(box: Box) -> Point:
    """Where a thing is: the middle of its lower edge, which is where it stands on the ground."""
    return Point((box.left + box.right) / 2, box.bottom)


def count(
    boxes: Sequence[Box], labels: Sequence[str], zones: Mapping[str, Zone], spec: CountSpec
) -> tuple[Figure, ...]:
    """How many things there are, by zone in the order of `spec.zones`, then by label.

    Labels that `spec` names have a figure even if it is 0; of others only those that occur. What
    stands where two zones overlap is counted in both.

    Args:
        boxes: the things of one frame.
        labels: one for each box.
        zones: by name; all of `spec.zones` at least.
        spec: what is counted.
    """
    places = [standpoint(box) for box in boxes]
    figures: list[Figure] = []
    for name in spec.zones or (WHOLE_FRAME,):
        zone = zones[name] if name else None
        counts = Counter(
            label
            for label, (x, y) in zip(labels, places, strict=True)
            if zone is None or zone.contains(x, y)
        )
        figures += (Figure(name, label, counts[label]) for label in spec.labels or sorted(counts))
    return tuple(figures)
