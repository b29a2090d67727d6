"""Boxes become unrecognisable, and nothing else changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.detection import Box
from framemesh.core.pipeline.operators import BlurSpec
from framemesh.vision.arrays import Pixels
from framemesh.vision.operators.blurring import MARGIN, MOST_CELLS, blurred


def picture(height: int = 90, width: int = 120, channels: int = 3) -> Pixels:
    """No two neighbours in it are alike."""
    random = np.random.default_rng(1)
    return random.integers(0, 256, (height, width, channels), np.uint8)


def colours(pixels: Pixels) -> int:
    return len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0))


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.9, 1.0])
def test_a_box_is_a_mosaic_of_so_many_cells(strength: float) -> None:
    image = picture()
    found = blurred(image, [Box(0.25, 0.2, 0.75, 0.8)], BlurSpec(strength))
    most = max(1, round(MOST_CELLS * (1 - strength)))
    assert 1 <= colours(found[18:72, 30:90]) <= most * most
    assert most == 1 or colours(found[18:72, 30:90]) > 1


def test_at_full_strength_a_box_has_its_mean_colour() -> None:
    image = picture()
    found = blurred(image, [Box(0, 0, 2, 2)], BlurSpec(1.0))
    assert colours(found) == 1
    assert found[0, 0] == pytest.approx(image.mean(axis=(0, 1)), abs=1)


def test_a_plate_has_fewer_rows_of_cells_than_columns() -> None:
    found = blurred(picture(200, 400), [Box(0.1, 0.4, 0.9, 0.6)], BlurSpec(0.5))
    under = found[80:120, 40:360].astype(int)
    rows = (np.abs(np.diff(under, axis=0)).sum(axis=(1, 2)) > 0).sum() + 1
    columns = (np.abs(np.diff(under, axis=1)).sum(axis=(0, 2)) > 0).sum() + 1
    assert (rows, columns) == (1, 6)


SIDES = st.tuples(*[st.floats(-0.3, 1.3)] * 4)


@settings(max_examples=60)
@given(st.lists(SIDES, max_size=4), st.floats(0, 1), st.integers(1, 40), st.integers(1, 40))
def test_no_pixel_outside_changes_and_the_image_is_not_written_to(
    boxes: list[tuple[float, ...]], strength: float, height: int, width: int
) -> None:
    image = picture(height, width)
    before = image.copy()
    image.flags.writeable = False
    found = blurred(image, [Box(*sides) for sides in boxes], BlurSpec(strength))
    assert (image == before).all()
    outside = np.ones((height, width), bool)
    for left, top, right, bottom in boxes:
        across, down = MARGIN * (right - left), MARGIN * (bottom - top)
        ys, xs = np.arange(height), np.arange(width)
        rows = (ys + 1 > (top - down) * height) & (ys < (bottom + down) * height)
        columns = (xs + 1 > (left - across) * width) & (xs < (right + across) * width)
        outside &= ~(rows[:, None] & columns)
    assert found.shape == image.shape
    assert found.dtype == np.uint8
    assert (found[outside] == image[outside]).all()


def test_boxes_that_overlap_do_not_bring_one_another_back() -> None:
    image = picture()
    box = Box(0.25, 0.2, 0.75, 0.8)
    once = blurred(image, [box], BlurSpec(0.5))
    both = blurred(image, [box, Box(0.3, 0.3, 0.9, 0.9), box], BlurSpec(0.5))
    assert (both[18:72, 30:90] == once[18:72, 30:90]).all()


def test_without_boxes_it_is_the_same_image() -> None:
    image = picture()
    for boxes in ([], [Box(1.2, 0, 1.4, 1)], [Box(0.5, 0.5, 0.4, 0.4)]):
        assert blurred(image, boxes, BlurSpec()) is image


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_image_may_have_other_channels_and_gaps_between_its_rows(channels: int) -> None:
    image = picture(90, 120, channels)[::2, 10:90]
    found = blurred(image, [Box(0.1, 0.1, 0.9, 0.9)], BlurSpec())
    assert found.shape == image.shape
    assert (found != image).any()
