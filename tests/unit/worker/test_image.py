"""Which bytes are decoded, and which are refused before."""

import time

import cv2
import numpy as np
import pytest

from framemesh.worker.errors import TooSlowToDecode, Undecodable
from framemesh.worker.vision.image import FrameImage
from tests.jpegs import inserted
from tests.slow_images import png_with_texts, progressive_jpeg

GREY = np.full((30, 40, 3), 128, np.uint8)
JPEG = cv2.imencode(".jpg", GREY)[1].tobytes()


def test_a_jpeg_is_decoded_once() -> None:
    picture = FrameImage(JPEG)
    np.testing.assert_allclose(picture.pixels, GREY, atol=2)
    assert picture.pixels is picture.pixels


def test_released_pixels_are_decoded_again() -> None:
    picture = FrameImage(JPEG)
    before = picture.pixels
    picture.release_pixels()
    assert (picture.width, picture.height) == (40, 30)
    assert picture.pixels is not before
    np.testing.assert_array_equal(picture.pixels, before)


def test_a_grey_picture_gets_three_channels() -> None:
    grey = cv2.imencode(".png", GREY[:, :, 0])[1].tobytes()
    assert FrameImage(grey).pixels.shape == (30, 40, 3)


@pytest.mark.parametrize("image", [b"", b"no picture", JPEG[:-2], JPEG[: len(JPEG) // 2]])
def test_an_incomplete_image_is_refused(image: bytes) -> None:
    with pytest.raises(Undecodable):
        _ = FrameImage(image).pixels


def test_a_broken_png_is_refused() -> None:
    png = bytearray(cv2.imencode(".png", GREY)[1].tobytes())
    png[41:60] = bytes(19)
    with pytest.raises(Undecodable, match="OpenCV cannot decode this png"):
        _ = FrameImage(bytes(png)).pixels


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(Undecodable, match="40x30 is 1200 pixels"):
        _ = FrameImage(JPEG, max_pixels=1199).pixels


def test_an_exif_orientation_is_applied() -> None:
    tags = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + bytes(4)
    exif = b"Exif\0\0" + tags
    turned = JPEG[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + JPEG[2:]
    assert FrameImage(turned).pixels.shape == (40, 30, 3)


@pytest.mark.parametrize("image", [progressive_jpeg(64, 64, 101), png_with_texts(17, 8_000_000)])
def test_what_would_take_too_long_is_not_decoded(image: bytes) -> None:
    started = time.thread_time()
    with pytest.raises(TooSlowToDecode):
        _ = FrameImage(image).pixels
    assert time.thread_time() - started < 0.1


def test_a_larger_picture_may_take_longer() -> None:
    assert FrameImage(JPEG).decode_cpu_seconds == pytest.approx(0.5, abs=0.01)
    large = FrameImage(progressive_jpeg(8192, 8192, 1)).decode_cpu_seconds
    assert large == pytest.approx(7.2, abs=0.1)


@pytest.mark.parametrize("place", [0xE0, 0xDB])
def test_bytes_between_the_segments_of_a_header_change_nothing(place: int) -> None:
    image = inserted(JPEG, place, b"\x00\x12")
    np.testing.assert_array_equal(FrameImage(image).pixels, FrameImage(JPEG).pixels)
