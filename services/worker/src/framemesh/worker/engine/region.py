"""The parts of an image that are cut out for a model."""

from collections.abc import Iterable
from dataclasses import dataclass

from framemesh.core.detection import Box
from framemesh.core.graph.item import Item, ItemId
from framemesh.core.graph.plan import Edge
from framemesh.vision.arrays import Pixels

MIN_REGION_PIXELS = 2
"""A side of a region; smaller ones show nothing."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of whole pixels, cut out for an item or as a tile."""

    left: int
    top: int
    right: int
    bottom: int
    """In pixels, right and bottom not included."""
    box: Box
    """The same in fractions of the image."""
    parent: ItemId | None = None
    """The item that it was cut out for; None: it is a tile of the frame."""

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def cut(self, pixels: Pixels) -> Pixels:
        """A view of the region's pixels."""
        return pixels[self.top : self.bottom, self.left : self.right]


def regions_of(items: Iterable[Item], edge: Edge, width: int, height: int) -> Iterable[Region]:
    """What an edge passes on, of an image of this size: a region for each box with a label that it
    wants. Regions that are too small to show anything are left out."""
    for item in items:
        box = item.detection.box
        if box is None or (edge.labels and item.detection.label not in edge.labels):
            continue
        region = region_of(box, item.id, width, height, edge.margin)
        if min(region.width, region.height) >= MIN_REGION_PIXELS:
            yield region


def region_of(box: Box, parent: ItemId, width: int, height: int, margin: float = 0.0) -> Region:
    """The pixels that a box lies on, clipped to an image of this size.

    Args:
        margin: around the box, as a fraction of its shorter side in pixels.
    """
    around = margin * min((box.right - box.left) * width, (box.bottom - box.top) * height)
    left, right = _within(box.left * width - around, box.right * width + around, width)
    top, bottom = _within(box.top * height - around, box.bottom * height + around, height)
    covered = Box(left / width, top / height, right / width, bottom / height)
    return Region(left, top, right, bottom, covered, parent)


def _within(low: float, high: float, length: int) -> tuple[int, int]:
    """Whole pixels from 0 to `length`."""
    return min(length, max(0, round(low))), min(length, max(0, round(high)))
