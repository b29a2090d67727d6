"""Which input of a file takes the image."""

import pytest

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import Layout
from framemesh.modeling.recognition.image_input import image_input
from framemesh.modeling.signature import Signature, Tensor

MASK = Tensor("pixel_mask", "INT64", (-1, -1, -1))


@pytest.mark.parametrize(
    ("shape", "layout", "channels", "size", "batch"),
    [
        ((-1, 3, 48, 64), Layout.NCHW, 3, (64, 48), -1),
        ((4, 48, 64, 1), Layout.NHWC, 1, (64, 48), 4),
        ((3, 48, 64), Layout.NCHW, 3, (64, 48), 0),
        ((-1, 3, -1, -1), Layout.NCHW, 3, (0, 0), -1),
        ((-1, 48, 64), Layout.NHW, 1, (64, 48), -1),
        ((-1, -1, -1), Layout.NHW, 1, (0, 0), -1),
    ],
)
def test_its_form_is_told_by_its_shape(
    shape: tuple[int, ...], layout: Layout, channels: int, size: tuple[int, int], batch: int
) -> None:
    found = image_input(Signature((Tensor("in", "FP32", shape),), ()), "some.onnx")
    assert (found.layout, found.channels, found.batch) == (layout, channels, batch)
    assert (found.width, found.height) == size


def test_a_mask_of_the_pixels_is_not_taken_for_grey_images() -> None:
    images = Tensor("pixel_values", "FP32", (-1, 3, -1, -1))
    assert image_input(Signature((MASK, images), ()), "some.onnx").tensor is images


def test_what_is_no_image_is_named() -> None:
    words = Tensor("words", "INT64", (-1, 77))
    with pytest.raises(ModelInvalid, match=r"none of its inputs is an image .* words INT64"):
        image_input(Signature((words,), ()), "some.onnx")
