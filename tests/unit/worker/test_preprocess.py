"""How a picture becomes an input: each way of doing it against the formula, written plainly."""

from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest

from framemesh.core.detection import Box
from framemesh.modeling.manifest import Color, DType, Fit, InputSpec, Interpolation, Layout
from framemesh.worker.triton.tensor_arena import Input
from framemesh.worker.vision.decoding import Pixels
from framemesh.worker.vision.preprocess import Placement, Preprocessor


def picture(width: int, height: int) -> Pixels:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)


def plainly(spec: InputSpec, pixels: Pixels) -> Input:
    """The input as the manifest's words describe it, one step after the other."""
    method = cv2.INTER_AREA if spec.interpolation is Interpolation.AREA else cv2.INTER_LINEAR
    height, width = pixels.shape[:2]
    if spec.fit is Fit.LETTERBOX:
        factor = min(spec.width / width, spec.height / height)
        width, height = round(width * factor), round(height * factor)
        canvas = np.full((spec.height, spec.width, 3), 114, np.uint8)
        left, top = (spec.width - width) // 2, (spec.height - height) // 2
        canvas[top : top + height, left : left + width] = cv2.resize(
            pixels, (width, height), interpolation=method
        )
    else:
        canvas = np.asarray(cv2.resize(pixels, (spec.width, spec.height), interpolation=method))
    if spec.color is Color.RGB:
        canvas = canvas[:, :, ::-1]
    values = (canvas.astype(np.float64) * spec.scale - np.array(spec.mean)) / np.array(spec.std)
    if spec.layout is Layout.NCHW:
        values = values.transpose(2, 0, 1)
    if spec.dtype is DType.UINT8:
        return np.asarray(values, np.uint8)
    return np.asarray(values, np.float32)


@pytest.mark.parametrize(
    ("shape", "color", "layout", "dtype"),
    list(product(product(Fit, Interpolation), Color, Layout, DType)),
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
    if dtype is DType.FLOAT32:
        spec = replace(spec, scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    out = np.full(spec.shape, 7, np.uint8 if dtype is DType.UINT8 else np.float32)
    pixels = picture(*size)
    before = pixels.copy()
    Preprocessor(spec).write(pixels, out)
    np.testing.assert_allclose(out, plainly(spec, pixels), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(pixels, before)


def test_a_crop_is_prepared_as_a_picture_of_its_own() -> None:
    spec = InputSpec("in", 32, 32, dtype=DType.UINT8, layout=Layout.NHWC)
    pixels = picture(100, 80)
    from_view, from_copy = np.zeros((2, 32, 32, 3), np.uint8)
    Preprocessor(spec).write(pixels[10:50, 20:90], from_view)
    Preprocessor(spec).write(pixels[10:50, 20:90].copy(), from_copy)
    np.testing.assert_array_equal(from_view, from_copy)


def test_a_letterboxed_picture_lies_in_the_middle() -> None:
    preprocessor = Preprocessor(InputSpec("in", 64, 48, Fit.LETTERBOX))
    assert preprocessor.placement(128, 48) == Placement(0, 12, 64, 24)
    assert preprocessor.placement(10, 1000) == Placement(31, 0, 1, 48)


def test_boxes_lose_the_letterbox_around_them() -> None:
    projection = Preprocessor(InputSpec("in", 64, 48, Fit.LETTERBOX)).projection(128, 48)
    assert projection.box(Box(0.25, 0.25, 0.75, 0.75)) == Box(0.25, 0, 0.75, 1)
    assert projection.box(Box(0, 0, 1, 1)) == Box(0, 0, 1, 1)
    assert projection.box(Box(0.1, 0, 0.9, 0.2)) is None


def test_a_stretched_picture_keeps_its_boxes() -> None:
    box = Box(0.1, 0.2, 0.3, 0.4)
    assert Preprocessor(InputSpec("in", 64, 48)).projection(640, 480).box(box) == box
