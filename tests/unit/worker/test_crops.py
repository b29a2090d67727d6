"""What is cut out of an image for a box."""

import pytest

from framemesh.core.detection import Box
from framemesh.core.graph.item import ItemId
from framemesh.worker.engine.region import Region, region_of

PARENT = ItemId("people", 7)


def test_a_crop_holds_the_pixels_of_its_box() -> None:
    crop = region_of(Box(0.25, 0.5, 0.5, 1.0), PARENT, 100, 80)
    assert crop == Region(25, 40, 50, 80, Box(0.25, 0.5, 0.5, 1.0), PARENT)


def test_a_crop_ends_at_the_edge_of_the_picture() -> None:
    crop = region_of(Box(-0.2, 0.9, 0.1, 1.4), PARENT, 100, 80)
    assert (crop.left, crop.top, crop.right, crop.bottom) == (0, 72, 10, 80)


def test_boxes_in_a_crop_are_mapped_from_its_whole_pixels() -> None:
    crop = region_of(Box(0.104, 0.0, 0.204, 0.5), PARENT, 100, 80)
    inner = Box(0.0, 0.0, 0.5, 1.0).within(crop.box)
    assert (inner.left, inner.right) == pytest.approx((0.10, 0.15))


def test_a_margin_is_a_part_of_the_shorter_side_in_pixels_on_all_sides() -> None:
    # 40 pixels wide and 8 high: a half of 8 is 4.
    crop = region_of(Box(0.25, 0.5, 0.65, 0.6), PARENT, 100, 80, margin=0.5)
    assert (crop.left, crop.top, crop.right, crop.bottom) == (21, 36, 69, 52)
    assert crop.box == Box(0.21, 0.45, 0.69, 0.65)


def test_a_margin_ends_with_the_frame() -> None:
    crop = region_of(Box(0.0, 0.5, 0.5, 1.0), PARENT, 100, 80, margin=1.0)
    assert (crop.left, crop.top, crop.right, crop.bottom) == (0, 0, 90, 80)
