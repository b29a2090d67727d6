"""Frames get another size, in which boxes mean the same places."""

import numpy as np
import pytest

from framemesh.core.pipeline.operators import MAX_SIDE, ResizeSpec
from framemesh.vision.operators.resizing import resized


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        (50, 40, (40, 50)),
        (50, 0, (25, 50)),
        (400, 0, (200, 400)),
        (1, 0, (1, 1)),
        (3, 300, (300, 3)),
    ],
)
def test_a_frame_has_the_size_that_is_asked_for(
    width: int, height: int, shape: tuple[int, int]
) -> None:
    image = np.full((100, 200, 3), 77, np.uint8)
    found = resized(image, ResizeSpec(width, height))
    assert found.shape == (*shape, 3)
    assert (found == 77).all()


@pytest.mark.parametrize("spec", [ResizeSpec(60), ResizeSpec(300, 90), ResizeSpec(100, 320)])
def test_a_box_has_the_same_thing_in_it(spec: ResizeSpec) -> None:
    image = np.zeros((160, 200, 3), np.uint8)
    image[40:80, 100:150] = 255
    image.flags.writeable = False
    found = resized(image, spec)
    height, width = found.shape[:2]
    rows, columns = (np.flatnonzero(found[..., 0].max(axis=axis) > 127) for axis in (1, 0))
    assert (rows[0] / height, (rows[-1] + 1) / height) == pytest.approx((0.25, 0.5), abs=0.02)
    assert (columns[0] / width, (columns[-1] + 1) / width) == pytest.approx((0.5, 0.75), abs=0.02)


def test_one_that_has_the_size_is_the_same_image() -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    assert resized(image, ResizeSpec(40)) is image
    assert resized(image, ResizeSpec(40, 30)) is image


def test_a_smaller_frame_has_means_and_leaves_out_no_pixel() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[::4] = 200
    assert (resized(image, ResizeSpec(16)) == 50).all()


def test_no_proportion_makes_a_side_longer_than_the_bound() -> None:
    image = np.zeros((1000, 2, 3), np.uint8)
    assert resized(image, ResizeSpec(100)).shape == (MAX_SIDE, 100, 3)


def test_a_frame_of_one_channel_keeps_it() -> None:
    assert resized(np.zeros((10, 10, 1), np.uint8), ResizeSpec(5)).shape == (5, 5, 1)
