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
        region = region_of(box, item.id, width, height)
        if min(region.width, region.height) >= MIN_REGION_PIXELS:
            yield region


def region_of(box: Box, parent: ItemId, width: int, height: int) -> Region:
    """The pixels that a box lies on, clipped to an image of this size."""
    left, right = (min(width, max(0, round(side * width))) for side in (box.left, box.right))
    top, bottom = (min(height, max(0, round(side * height))) for side in (box.top, box.bottom))
    covered = Box(left / width, top / height, right / width, bottom / height)
    return Region(left, top, right, bottom, covered, parent)
