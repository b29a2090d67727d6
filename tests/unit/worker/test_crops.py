"""What is cut out of a picture for a box."""

import pytest

from framemesh.core.outcome import Box
from framemesh.worker.engine.stage import Crop, crop_of


def test_a_crop_holds_the_pixels_of_its_box() -> None:
    crop = crop_of(Box(0.25, 0.5, 0.5, 1.0), 7, 100, 80)
    assert crop == Crop(25, 40, 50, 80, Box(0.25, 0.5, 0.5, 1.0), 7)


def test_a_crop_ends_at_the_edge_of_the_picture() -> None:
    crop = crop_of(Box(-0.2, 0.9, 0.1, 1.4), 0, 100, 80)
    assert (crop.left, crop.top, crop.right, crop.bottom) == (0, 72, 10, 80)


def test_boxes_in_a_crop_are_mapped_from_its_whole_pixels() -> None:
    crop = crop_of(Box(0.104, 0.0, 0.204, 0.5), 0, 100, 80)
    inner = Box(0.0, 0.0, 0.5, 1.0).within(crop.outer)
    assert (inner.left, inner.right) == pytest.approx((0.10, 0.15))
