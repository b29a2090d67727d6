"""How a picture becomes an input: each way of doing it against the formula, written plainly."""

from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest

from framemesh.core.detection import Box, Point
from framemesh.modeling.manifest import (
    Anchor,
    Color,
    DType,
    Fit,
    InputSpec,
    Interpolation,
    Layout,
)
from framemesh.vision.arrays import Input, Pixels
from framemesh.vision.placement import Placement, placement
from framemesh.vision.preprocess import Preprocessor

METHODS = {
    Interpolation.NEAREST: cv2.INTER_NEAREST,
    Interpolation.LINEAR: cv2.INTER_LINEAR,
    Interpolation.AREA: cv2.INTER_AREA,
    Interpolation.CUBIC: cv2.INTER_CUBIC,
    Interpolation.LANCZOS: cv2.INTER_LANCZOS4,
}
KINDS = {
    DType.UINT8: np.uint8,
    DType.INT32: np.int32,
    DType.FLOAT16: np.float16,
    DType.FLOAT32: np.float32,
}
FLOATS = (DType.FLOAT16, DType.FLOAT32)


def picture(width: int, height: int) -> Pixels:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)


def plainly(spec: InputSpec, pixels: Pixels) -> Input:
    """The input as the manifest's words describe it, one step after the other."""
    method = METHODS[spec.interpolation]
    height, width = pixels.shape[:2]
    if spec.color is Color.GRAY:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    shape = (spec.height, spec.width, *pixels.shape[2:])
    if spec.fit is Fit.LETTERBOX:
        factor = min(spec.width / width, spec.height / height)
        width, height = round(width * factor), round(height * factor)
        canvas = np.full(shape, spec.fill, np.uint8)
        left, top = (spec.width - width) // 2, (spec.height - height) // 2
        if spec.anchor is Anchor.TOP_LEFT:
            left = top = 0
        canvas[top : top + height, left : left + width] = cv2.resize(
            pixels, (width, height), interpolation=method
        )
    elif spec.fit is Fit.CENTER_CROP:
        side = spec.short_side
        if width < height:
            width, height = side, height * side // width
        else:
            width, height = width * side // height, side
        left, top = round((width - spec.width) / 2), round((height - spec.height) / 2)
        outer = cv2.resize(pixels, (width, height), interpolation=method)
        canvas = np.asarray(outer, np.uint8)[top : top + spec.height, left : left + spec.width]
    else:
        canvas = np.asarray(cv2.resize(pixels, (spec.width, spec.height), interpolation=method))
    if spec.color is Color.RGB:
        canvas = canvas[:, :, ::-1]
    mean, std = np.array(spec.mean), np.array(spec.std)
    if spec.color is Color.GRAY:
        canvas, mean, std = canvas[:, :, np.newaxis], mean[:1], std[:1]
    values = (canvas.astype(np.float64) * spec.scale - mean) / std
    if spec.layout is Layout.NHW:
        values = values[:, :, 0]
    if spec.layout is Layout.NCHW:
        values = values.transpose(2, 0, 1)
    return np.asarray(values, KINDS[spec.dtype])


@pytest.mark.parametrize(
    ("shape", "color", "layout", "dtype"),
    [
        (*kinds, dtype)
        for *kinds, dtype in product(product(Fit, Interpolation), Color, Layout, DType)
        if kinds[1] is Color.GRAY or kinds[2] is not Layout.NHW
    ],
)
@pytest.mark.parametrize("size", [(97, 61), (64, 48), (40, 80)])
def test_every_way_follows_the_formula(
    shape: tuple[Fit, Interpolation],
    color: Color,
    layout: Layout,
    dtype: DType,
    size: tuple[int, int],
) -> None:
    spec = InputSpec("in", 64, 48, *shape, color, layout, dtype)
    if spec.fit is Fit.LETTERBOX and spec.interpolation is Interpolation.CUBIC:
        spec = replace(spec, anchor=Anchor.TOP_LEFT, fill=0)
    if spec.fit is Fit.CENTER_CROP:
        spec = replace(spec, short_side=73)
    if dtype in FLOATS:
        spec = replace(spec, scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    if dtype in FLOATS and color is Color.GRAY:
        spec = replace(spec, mean=(0.5,), std=(0.25,))
    out = np.full(spec.shape, 7, KINDS[dtype])
    pixels = picture(*size)
    before = pixels.copy()
    Preprocessor(spec).write(pixels, out)
    np.testing.assert_allclose(out, plainly(spec, pixels), rtol=1e-6, atol=1e-6, strict=True)
    np.testing.assert_array_equal(pixels, before)


def test_a_crop_is_prepared_as_a_picture_of_its_own() -> None:
    spec = InputSpec("in", 32, 32, dtype=DType.UINT8, layout=Layout.NHWC)
    pixels = picture(100, 80)
    from_view, from_copy = np.zeros((2, 32, 32, 3), np.uint8)
    Preprocessor(spec).write(pixels[10:50, 20:90], from_view)
    Preprocessor(spec).write(pixels[10:50, 20:90].copy(), from_copy)
    np.testing.assert_array_equal(from_view, from_copy)


def test_a_letterboxed_picture_lies_in_the_middle() -> None:
    spec = InputSpec("in", 64, 48, Fit.LETTERBOX)
    assert placement(spec, 128, 48) == Placement(0, 12, 64, 24)
    assert placement(spec, 10, 1000) == Placement(31, 0, 1, 48)
    top_left = replace(spec, anchor=Anchor.TOP_LEFT)
    assert placement(top_left, 128, 48) == Placement(0, 0, 64, 24)


def test_boxes_lose_the_letterbox_around_them() -> None:
    projection = Preprocessor(InputSpec("in", 64, 48, Fit.LETTERBOX)).projection(128, 48)
    assert projection.box(Box(0.25, 0.25, 0.75, 0.75)) == Box(0.25, 0, 0.75, 1)
    assert projection.box(Box(0, 0, 1, 1)) == Box(0, 0, 1, 1)
    assert projection.box(Box(0.1, 0, 0.9, 0.2)) is None


def test_a_stretched_picture_keeps_its_boxes() -> None:
    box = Box(0.1, 0.2, 0.3, 0.4)
    assert Preprocessor(InputSpec("in", 64, 48)).projection(640, 480).box(box) == box


@pytest.mark.parametrize(
    ("size", "short_side", "place"),
    [
        ((640, 480), 0, Placement(-37, 0, 298, 224)),
        ((480, 640), 0, Placement(0, -37, 224, 298)),
        ((640, 480), 256, Placement(-58, -16, 341, 256)),
        ((224, 224), 0, Placement(0, 0, 224, 224)),
        ((2, 300), 0, Placement(0, -16688, 224, 33600)),
    ],
)
def test_a_centre_crop_covers_the_input(
    size: tuple[int, int], short_side: int, place: Placement
) -> None:
    spec = InputSpec("in", 224, 224, Fit.CENTER_CROP, short_side=short_side)
    assert placement(spec, *size) == place


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("anchor", Anchor)
@pytest.mark.parametrize("size", [(640, 480), (30, 700), (31, 17)])
def test_a_mark_in_the_image_is_where_its_projection_says(
    fit: Fit, anchor: Anchor, size: tuple[int, int]
) -> None:
    """A bright square is found in the input, and its centre is brought back."""
    width, height = size
    spec = InputSpec("in", 200, 120, fit, Interpolation.AREA, Color.GRAY, dtype=DType.UINT8)
    if fit is Fit.LETTERBOX:
        spec = replace(spec, anchor=anchor, fill=0)
    centre = Point(0.5 + 2 / width, 0.5 - 2 / height)
    pixels = np.zeros((height, width, 3), np.uint8)
    x, y = round(centre.x * width), round(centre.y * height)
    pixels[y - 3 : y + 3, x - 3 : x + 3] = 255
    out = np.zeros(spec.shape, np.uint8)
    preprocessor = Preprocessor(spec)
    preprocessor.write(pixels, out)
    weights = out[0].astype(float)
    seen = Point(
        float((weights.sum(axis=0) @ (np.arange(200) + 0.5)) / weights.sum() / 200),
        float((weights.sum(axis=1) @ (np.arange(120) + 0.5)) / weights.sum() / 120),
    )
    found = preprocessor.projection(width, height).point(seen)
    assert found.x * width == pytest.approx(x, abs=0.5)
    assert found.y * height == pytest.approx(y, abs=0.5)


def test_an_image_that_is_much_too_long_is_sampled_where_the_input_lies() -> None:
    spec = InputSpec("in", 32, 32, Fit.CENTER_CROP, dtype=DType.UINT8, layout=Layout.NHWC)
    shades = np.linspace(0, 255, 4000).astype(np.uint8)
    long = np.repeat(np.repeat(shades[:, None, None], 8, axis=1), 3, axis=2)
    out = np.zeros(spec.shape, np.uint8)
    Preprocessor(spec).write(long, out)
    # 8 rows of 4000, from the middle of all shades.
    np.testing.assert_allclose(out, 127, atol=2)


def test_a_crop_shows_boxes_of_its_part_of_the_image() -> None:
    spec = InputSpec("in", 100, 100, Fit.CENTER_CROP)
    shown = Preprocessor(spec).projection(200, 100)
    assert shown.box(Box(0, 0, 1, 1)) == Box(0.25, 0, 0.75, 1)
    assert shown.box(Box(0.2, 0.4, 0.6, 0.8)) == Box(0.35, 0.4, 0.55, 0.8)
