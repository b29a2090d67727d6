"""Inputs that have each image's own shape, within a bound."""

import numpy as np
import pytest

from framemesh.core.detection import Box, Point
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import Anchor, Color, Fit, InputSpec, Layout
from framemesh.vision.placement import Placement, placement
from framemesh.vision.preprocess import Preprocessor
from tests.unit.vision.test_preprocess import picture

SPEC = InputSpec("in", 1280, 960, Fit.LETTERBOX, multiple_of=32)


def spec(**fields: object) -> InputSpec:
    return InputSpec("in", 1280, 960, Fit.LETTERBOX, **{"multiple_of": 32, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "size", "place"),
    [
        ((1920, 1080), (1280, 736), Placement(0, 8, 1280, 720)),
        ((1080, 1920), (544, 960), Placement(2, 0, 540, 960)),
        ((1280, 960), (1280, 960), Placement(0, 0, 1280, 960)),
        ((8, 6), (1280, 960), Placement(0, 0, 1280, 960)),
        ((5000, 3), (1280, 32), Placement(0, 15, 1280, 1)),
        ((3, 5000), (32, 960), Placement(15, 0, 1, 960)),
        # 64.4 rows are 64, and the width stays as wide as may be.
        ((1280 * 10, 644), (1280, 64), Placement(0, 0, 1280, 64)),
    ],
)
def test_an_input_is_as_large_as_its_image_within_the_bound(
    image: tuple[int, int], size: tuple[int, int], place: Placement
) -> None:
    assert Preprocessor(SPEC).size(*image) == InputSize(*size)
    assert placement(SPEC, *image) == place


def test_no_image_is_larger_than_the_bound() -> None:
    random = np.random.default_rng(1)
    for width, height in random.integers(1, 5000, (500, 2)).tolist():
        size = Preprocessor(SPEC).size(width, height)
        assert 0 < size.width <= 1280
        assert 0 < size.height <= 960
        assert size.width % 32 == size.height % 32 == 0


def test_the_shorter_side_may_have_a_bound_of_its_own() -> None:
    bounded = spec(short_side=320)
    assert Preprocessor(bounded).size(1920, 1080) == InputSize(576, 320)
    assert Preprocessor(bounded).size(4000, 400) == InputSize(1280, 128)


def test_a_multiple_of_one_fills_nothing_up() -> None:
    exact = spec(multiple_of=1)
    assert placement(exact, 1920, 1080) == Placement(0, 0, 1280, 720)
    assert Preprocessor(exact).size(1920, 1080) == InputSize(1280, 720)


@pytest.mark.parametrize("layout", [Layout.NCHW, Layout.NHWC])
@pytest.mark.parametrize("anchor", Anchor)
def test_an_input_is_the_letterbox_of_its_own_size(layout: Layout, anchor: Anchor) -> None:
    pixels = picture(120, 50)
    open_sides = InputSpec(
        "in", 96, 64, Fit.LETTERBOX, layout=layout, anchor=anchor, multiple_of=16
    )
    fixed = InputSpec("in", 96, 48, Fit.LETTERBOX, layout=layout, anchor=anchor)
    shown, expected = np.zeros(fixed.shape, np.float32), np.zeros(fixed.shape, np.float32)
    preprocessor = Preprocessor(open_sides)
    assert preprocessor.size(120, 50) == InputSize(96, 48)
    preprocessor.write(pixels, shown)
    Preprocessor(fixed).write(pixels, expected)
    np.testing.assert_array_equal(shown, expected)
    assert preprocessor.projection(120, 50) == Preprocessor(fixed).projection(120, 50)


def test_places_are_brought_back_to_the_image() -> None:
    projection = Preprocessor(SPEC).projection(1920, 1080)
    assert projection.box(Box(0, 0, 1, 1)) == Box(0, 0, 1, 1)
    assert projection.point(Point(0.5, 8 / 736)) == Point(0.5, 0.0)


def test_a_grey_image_needs_no_dimension_for_it() -> None:
    grey = InputSpec("in", 64, 48, color=Color.GRAY, layout=Layout.NHW)
    with_channel = InputSpec("in", 64, 48, color=Color.GRAY)
    plain, channel = np.zeros((48, 64), np.float32), np.zeros((1, 48, 64), np.float32)
    Preprocessor(grey).write(picture(97, 61), plain)
    Preprocessor(with_channel).write(picture(97, 61), channel)
    np.testing.assert_array_equal(plain, channel[0])
