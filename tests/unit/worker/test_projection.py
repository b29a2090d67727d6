import zlib

import numpy as np
import pytest

from framemesh.core.detection import Box, ClassArea, Detection, Keypoint, Mask, Point, RasterKind
from framemesh.modeling.result_size import MAX_MASK_RUNS, MAX_RASTER_SIDE
from framemesh.vision.projection import STRETCHED, Projection
from framemesh.worker.vision.decoders.decoder import RawDetail, RawRaster
from framemesh.worker.vision.details import to_mask, to_raster, with_detail

LETTERBOX = Projection(0.0, 0.25, 1.0, 0.5)
"""A wide image between two bars."""
FOUND = Detection("stage", "person", 0, 0.9, Box(0.0, 0.0, 1.0, 1.0))


def test_points_and_boxes_of_a_letterbox_come_back() -> None:
    assert LETTERBOX.point(Point(0.5, 0.5)) == Point(0.5, 0.5)
    assert LETTERBOX.point(Point(0.2, 0.25)) == Point(0.2, 0.0)
    assert LETTERBOX.box(Box(0.1, 0.0, 0.9, 0.5)) == Box(0.1, 0.0, 0.9, 0.5)
    assert LETTERBOX.box(Box(0.1, 0.0, 0.9, 0.2)) is None


def test_a_mask_covers_the_box_in_runs_that_begin_outside() -> None:
    inside = np.zeros((4, 4), bool)
    inside[1, 1:3] = True
    assert to_mask(inside, STRETCHED, Box(0, 0, 1, 1)) == Mask(4, 4, (5, 2, 9))
    assert to_mask(inside, STRETCHED, Box(0.25, 0.25, 0.75, 0.5)) == Mask(2, 1, (0, 2))
    assert to_mask(inside, LETTERBOX, Box(0, 0, 1, 1)) == Mask(4, 2, (1, 2, 5))


def test_a_raster_of_classes_has_the_part_on_the_image_and_its_areas() -> None:
    classes = np.array([[9, 9], [1, 0], [1, 1], [9, 9]])
    raster = to_raster(RawRaster(RasterKind.CLASSES, classes), LETTERBOX, ["sky", "road"])
    assert (raster.width, raster.height) == (2, 2)
    assert zlib.decompress(raster.values) == bytes([1, 0, 1, 1])
    assert raster.areas == (ClassArea(1, "road", 0.75), ClassArea(0, "sky", 0.25))


def test_a_raster_of_numbers_is_scaled_and_clipped() -> None:
    values = np.array([[0.0, 5.0], [10.0, 99.0]])
    raster = to_raster(RawRaster(RasterKind.DEPTH, values, 0.0, 10.0), STRETCHED, [])
    assert zlib.decompress(raster.values) == bytes([0, 128, 255, 255])
    assert (raster.low, raster.high) == (0.0, 10.0)


@pytest.mark.parametrize("shape", [(2000, 1000), (300, 1200)])
def test_a_large_raster_is_made_small(shape: tuple[int, int]) -> None:
    raster = to_raster(RawRaster(RasterKind.ANOMALY, np.zeros(shape)), STRETCHED, [])
    assert max(raster.width, raster.height) == MAX_RASTER_SIDE
    assert len(zlib.decompress(raster.values)) == raster.width * raster.height


CENTER_CROP = Projection(-0.5, 0.0, 2.0, 1.0)
"""Of a wide image the model sees the middle half."""
MIDDLE = Box(0.25, 0.0, 0.75, 1.0)
IN_CORNER = Box(0.0, 0.0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("projection", "region", "box"),
    [
        (STRETCHED, None, None),
        (LETTERBOX, None, None),
        (CENTER_CROP, None, MIDDLE),
        (STRETCHED, IN_CORNER, IN_CORNER),
        (CENTER_CROP, IN_CORNER, Box(0.125, 0.0, 0.375, 0.5)),
    ],
)
@pytest.mark.parametrize("of_mask", [True, False])
def test_a_grid_lies_on_what_the_model_saw(
    projection: Projection, region: Box | None, box: Box | None, of_mask: bool
) -> None:
    values = np.array([[0, 1], [1, 1]])
    raster = RawRaster(RasterKind.CLASSES, values)
    detail = RawDetail(mask=values > 0) if of_mask else RawDetail(raster=raster)
    whole = Detection("stage", "sky", 0, 0.9)
    found = with_detail(whole, detail, projection, region, ["sky", "road"])
    assert found.box == box
    if projection is LETTERBOX:
        return
    if of_mask:
        assert found.mask == Mask(2, 2, (1, 3))
    else:
        assert found.raster is not None
        assert zlib.decompress(found.raster.values) == bytes([0, 1, 1, 1])
        assert found.raster.areas == (ClassArea(1, "road", 0.75), ClassArea(0, "sky", 0.25))


def test_of_what_the_model_did_not_see_no_mask_says_anything() -> None:
    everywhere = np.ones((2, 2), bool)
    assert to_mask(everywhere, CENTER_CROP, Box(0, 0, 1, 1)) == Mask(4, 2, (1, 2, 2, 2, 1))


def test_details_of_a_crop_are_placed_in_the_frame() -> None:
    region = Box(0.5, 0.0, 1.0, 0.5)
    detail = RawDetail(
        corners=(Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)),
        keypoints=(Keypoint(Point(0.5, 0.5), 0.7),),
    )
    found = with_detail(FOUND, detail, STRETCHED, region, ["person"])
    assert found.corners == (Point(0.5, 0), Point(1, 0), Point(1, 0.5), Point(0.5, 0.5))
    assert found.keypoints == (Keypoint(Point(0.75, 0.25), 0.7),)


def test_a_raster_of_a_crop_has_the_box_of_the_crop() -> None:
    region = Box(0.5, 0.0, 1.0, 0.5)
    raster = RawRaster(RasterKind.ANOMALY, np.zeros((2, 2)))
    whole = Detection("stage", "anomaly", 0, 0.9)
    assert with_detail(whole, RawDetail(raster=raster), STRETCHED, region, []).box == region
    assert with_detail(whole, RawDetail(raster=raster), STRETCHED, None, []).box is None


def test_a_raster_of_classes_is_named_after_the_one_that_takes_most_of_the_image() -> None:
    # Most of the input is class 0, and most of the image, between the bars, is class 1.
    classes = np.array([[0, 0], [1, 0], [1, 1], [0, 0]])
    detail = RawDetail(raster=RawRaster(RasterKind.CLASSES, classes))
    whole = Detection("stage", "sky", 0, 1.0)
    found = with_detail(whole, detail, LETTERBOX, None, ["sky", "road"])
    assert (found.label, found.class_id, found.score) == ("road", 1, 0.75)


def test_a_mask_of_many_runs_is_made_coarser() -> None:
    stripes = np.zeros((100, 400), bool)
    stripes[:, :200] = True
    assert to_mask(stripes, STRETCHED, Box(0, 0, 1, 1)).width == 400
    checkered = np.indices((100, 400)).sum(axis=0) % 2 == 0
    mask = to_mask(checkered, STRETCHED, Box(0, 0, 1, 1))
    assert len(mask.runs) <= MAX_MASK_RUNS
    assert sum(mask.runs) == mask.width * mask.height
