import cv2
import numpy as np
import pytest

from framemesh.core.images.errors import BadImage
from framemesh.monitor.dashboard.pictures.opencv_scaling import scaled
from framemesh.monitor.dashboard.pictures.scaled_image import NotShowable


def encoded(width: int, height: int, extension: str = ".jpg") -> bytes:
    pixels = np.full((height, width, 3), (10, 120, 240), np.uint8)
    return cv2.imencode(extension, pixels)[1].tobytes()


def size(jpeg: bytes) -> tuple[int, int]:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.shape[1], pixels.shape[0]


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("width", [160, 320, 640, 1920])
def test_a_picture_is_as_wide_as_wanted_or_as_it_was(extension: str, width: int) -> None:
    made = scaled(encoded(1280, 720, extension), width)
    assert (made.width, made.height) == (1280, 720)
    assert size(made.jpeg) == (min(width, 1280), round(min(width, 1280) * 9 / 16))


def test_colours_stay() -> None:
    made = scaled(encoded(1280, 720), 160)
    pixels = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert np.abs(pixels.mean(axis=(0, 1)) - (10, 120, 240)).max() < 3


def test_a_picture_of_one_row_stays_one() -> None:
    assert size(scaled(encoded(1280, 1), 160).jpeg) == (160, 1)


@pytest.mark.parametrize("image", [b"", b"no image", encoded(64, 64)[:200]])
def test_what_no_worker_would_decode_is_refused(image: bytes) -> None:
    with pytest.raises(BadImage):
        scaled(image, 160)


def test_a_png_that_would_take_much_memory_is_refused() -> None:
    small = bytearray(encoded(64, 64, ".png"))
    small[16:24] = (6000).to_bytes(4, "big") * 2
    with pytest.raises(NotShowable, match="too large to be shown"):
        scaled(bytes(small), 160)


def test_a_picture_that_is_broken_inside_is_refused() -> None:
    png = bytearray(encoded(64, 64, ".png"))
    png[60:90] = bytes(30)
    with pytest.raises(NotShowable):
        scaled(bytes(png), 160)
