"""How an image becomes an input: every implementation, and OpenCV's steps one after the other."""

from itertools import product
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from framemesh.pixels import Form, Prepare, opencv, scaled
from framemesh.pixels.library import FILE, load
from framemesh.pixels.native import NativePreparation

Bytes = NDArray[np.uint8]


def native() -> Prepare:
    if not FILE.exists():
        pytest.skip("the native library was not built: `make install` with cargo")
    return NativePreparation(load())


@pytest.fixture(scope="module", params=["opencv", "native"])
def prepare(request: pytest.FixtureRequest) -> Prepare:
    return opencv.prepare if request.param == "opencv" else native()


def plainly(pixels: Bytes, width: int, height: int, form: Form) -> NDArray[Any]:
    """The input as the words of the form say."""
    made = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
    if form.swapped and made.ndim == 3:
        made = made[:, :, ::-1]
    if form.values is not None:
        planes = made[:, :, None] if made.ndim == 2 else made
        values = [form.values[at][planes[:, :, at]] for at in range(planes.shape[2])]
        made = np.stack(values, axis=2).reshape(made.shape)
    return made.transpose(2, 0, 1) if form.planar and made.ndim == 3 else made


def random_pixels(seed: int, width: int, height: int, channels: int) -> Bytes:
    """A view into a larger image, as a crop is: noise, one colour, or black and white."""
    random = np.random.default_rng(seed)
    shape = (height + 4, width + 6, 3)[: 2 + (channels == 3)]
    made = random.integers(0, 256, shape, np.uint8)
    match seed % 4:
        case 1:
            made[...] = random.integers(0, 256)
        case 2:
            made = np.where(made > 127, np.uint8(255), np.uint8(0))
    return made[2 : 2 + height, 3 : 3 + width]


def table(seed: int, channels: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(channels, 256)).astype(np.float32)


def check(prepare: Prepare, pixels: Bytes, width: int, height: int, form: Form) -> None:
    """Every bit is as it should be, and nothing else was written."""
    expected = plainly(pixels, width, height, form)
    item = np.dtype(np.uint8 if form.values is None else np.float32)
    memory = np.full(expected.size + 32, 7, item)
    out = memory[16:-16].reshape(expected.shape)
    before = pixels.copy()
    prepare(pixels, out, form)
    np.testing.assert_array_equal(out, expected, strict=True)
    assert (memory[:16] == 7).all()
    assert (memory[-16:] == 7).all()
    np.testing.assert_array_equal(pixels, before)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_size_and_form_has_the_bits_of_opencv(prepare: Prepare, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    width, height = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 200))
    # Most inputs are smaller; an image that grows is OpenCV's in every implementation.
    out_width = data.draw(st.integers(1, width) | st.integers(1, 40))
    out_height = data.draw(st.integers(1, height) | st.integers(1, 40))
    channels = data.draw(st.sampled_from((1, 3)))
    values = table(seed, channels) if data.draw(st.booleans()) else None
    form = Form(data.draw(st.booleans()), data.draw(st.booleans()), values)
    check(prepare, random_pixels(seed, width, height, channels), out_width, out_height, form)


@pytest.mark.parametrize(
    ("image", "size"),
    [
        ((768, 576), (352, 352)),
        ((768, 576), (384, 288)),  # halves
        ((1280, 720), (416, 416)),
        ((640, 427), (640, 400)),  # as wide as before
        ((640, 480), (640, 480)),
        ((321, 240), (320, 240)),  # by the least
        ((2000, 3), (1, 1)),  # a pixel of everything
        ((1200, 900), (7, 5)),  # hugely smaller
        ((5, 4), (4, 3)),  # narrower than one load of a processor
        ((147, 49), (3, 1)),  # 49 times as small, which a division makes a little more or less
        ((30, 20), (60, 40)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_usual_and_extreme_sizes(
    prepare: Prepare, image: tuple[int, int], size: tuple[int, int], channels: int
) -> None:
    pixels = random_pixels(1000, *image, channels)
    for planar, swapped in product((False, True), repeat=2):
        for values in (None, table(1, channels)):
            check(prepare, pixels, *size, Form(planar, swapped, values))


@pytest.mark.parametrize("channels", [1, 3])
def test_views_of_any_kind_are_images(prepare: Prepare, channels: int) -> None:
    pixels = random_pixels(4, 99, 77, channels)
    turned = pixels.swapaxes(0, 1)
    for view in (pixels[::-1], pixels[:, ::-1], pixels[::2], pixels[:, ::3], turned, pixels[40:41]):
        check(prepare, view, 20, 10, Form(planar=channels == 3))


def test_an_input_may_be_a_view(prepare: Prepare) -> None:
    pixels = random_pixels(4, 99, 77, 3)
    canvas = np.zeros((60, 50, 3), np.uint8)
    prepare(pixels, canvas[10:40, 5:45], Form())
    expected = np.zeros_like(canvas)
    expected[10:40, 5:45] = plainly(pixels, 40, 30, Form())
    np.testing.assert_array_equal(canvas, expected)


def test_an_image_of_another_size(prepare: Prepare) -> None:
    pixels = random_pixels(4, 99, 77, 3)
    expected = plainly(pixels, 31, 20, Form())
    np.testing.assert_array_equal(scaled(pixels, 31, 20, prepare), expected, strict=True)


def test_the_native_library_refuses_what_does_not_fit() -> None:
    pixels, values = np.zeros((20, 20, 3), np.uint8), np.zeros((3, 256), np.float32)
    wrong: list[tuple[Bytes, NDArray[Any], Form]] = [
        (pixels, np.zeros((9, 9, 3), np.float32), Form()),
        (pixels, np.zeros((9, 9, 3), np.uint8), Form(values=values)),
        (pixels, np.zeros((9, 9, 3), np.uint8), Form(planar=True)),
        (pixels, np.zeros((3, 9, 9), np.uint8), Form()),
        (pixels, np.zeros((9, 9), np.uint8), Form()),
        (pixels, np.zeros((9, 0, 3), np.uint8), Form()),
        (pixels[:0], np.zeros((9, 9, 3), np.uint8), Form()),
        (pixels[:, :, :2].copy(), np.zeros((9, 9, 3), np.uint8), Form()),
        (pixels, np.zeros((9, 9, 3), np.float32), Form(values=values[:2])),
        (pixels, np.zeros((9, 9, 3), np.float32), Form(values=values[:, ::-1])),
        # Of the image's own memory:
        (pixels, pixels.reshape(-1)[: 9 * 9 * 3].reshape(9, 9, 3), Form()),
    ]
    prepare = native()
    for image, out, form in wrong:
        with pytest.raises(ValueError, match="does not become"):
            prepare(image, out, form)
