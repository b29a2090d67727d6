"""Damage to a picture is told, and the pixels are those of OpenCV."""

import cv2
import numpy as np
import pytest
import simplejpeg

from framemesh.core.images.check import check_image
from framemesh.worker.errors import Damaged
from framemesh.worker.vision.decoding import decode
from framemesh.worker.vision.image import FrameImage
from tests.jpegs import decoded, inserted, jpeg, picture

LARGE = picture(640, 480)
JPEG = jpeg(pixels=LARGE)
PROGRESSIVE = jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1, pixels=LARGE)
RESTARTS = jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 8, pixels=LARGE)

ROTATED = (
    b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + bytes(4)
)

WHOLE = {
    "baseline": JPEG,
    "progressive": PROGRESSIVE,
    "restarts": RESTARTS,
    "grey": jpeg(pixels=cv2.cvtColor(LARGE, cv2.COLOR_BGR2GRAY).astype(np.uint8)),
    "full chroma": jpeg(
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, pixels=LARGE
    ),
    "half chroma": jpeg(
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422, pixels=LARGE
    ),
    "odd size": jpeg(pixels=picture(101, 67)),
    "one pixel": jpeg(pixels=picture(1, 1)),
    "rotated by EXIF": inserted(JPEG, 0xDB, ROTATED),
    "bytes after the end": JPEG + bytes(100),
}


@pytest.mark.parametrize("image", WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_picture_is_as_opencv_sees_it(image: bytes) -> None:
    found, expected = decode(image, check_image(image)), decoded(image)
    assert expected is not None
    np.testing.assert_array_equal(found.pixels, expected)
    assert not found.damage


def test_bytes_between_segments_are_no_damage() -> None:
    image = inserted(JPEG, 0xDB, b"\x00\x12\x34")
    found = decode(image, check_image(image))
    np.testing.assert_array_equal(found.pixels, decode(JPEG, check_image(JPEG)).pixels)
    assert not found.damage


@pytest.mark.parametrize("image", [JPEG, RESTARTS], ids=["baseline", "restarts"])
@pytest.mark.parametrize("replacement", [b"", b"\x00", b"\xff"], ids=["cut", "zeros", "ones"])
def test_a_picture_whose_middle_is_lost_is_damaged(image: bytes, replacement: bytes) -> None:
    for at in np.random.default_rng(3).integers(2000, len(image) - 20_000, 10):
        broken = image[:at] + replacement * 8000 + image[at + 8000 :]
        found = decode(broken, check_image(broken))
        assert found.damage
        assert found.pixels.shape == LARGE.shape


def test_a_progressive_picture_without_its_last_scan_is_damaged() -> None:
    at = PROGRESSIVE.rindex(b"\xff\xc4")
    image = PROGRESSIVE[:at] + b"\xff\xd9"
    found = decode(image, check_image(image))
    assert found.damage == "scans of component 1 of 3 are missing"
    assert found.pixels.shape == LARGE.shape
    with pytest.raises(Damaged, match="are missing"):
        _ = FrameImage(image, refuse_damaged=True).pixels


PNG = cv2.imencode(".png", LARGE)[1].tobytes()
WEBP = cv2.imencode(".webp", LARGE, (cv2.IMWRITE_WEBP_QUALITY, 80))[1].tobytes()


@pytest.mark.parametrize(
    ("image", "told"),
    [(PNG, "the chunk 'IDAT' at byte .* has a wrong checksum"), (WEBP, "codes of its pixels")],
    ids=["png", "webp"],
)
def test_a_picture_whose_decoder_gives_up_for_damage_is_damaged(image: bytes, told: str) -> None:
    at = len(image) // 2
    broken = image[:at] + np.random.default_rng(0).bytes(64) + image[at + 64 :]
    with pytest.raises(Damaged, match=told):
        decode(broken, check_image(broken))


def test_the_four_inks_of_a_printer_are_no_damage() -> None:
    inks = np.repeat(LARGE[:, :, :1], 4, axis=2)
    image = simplejpeg.encode_jpeg(np.ascontiguousarray(inks), colorspace="CMYK")
    found, expected = decode(image, check_image(image)), decoded(image)
    assert expected is not None
    np.testing.assert_array_equal(found.pixels, expected)
    assert not found.damage


def test_a_damaged_picture_keeps_its_pixels_or_is_refused() -> None:
    broken = JPEG[:4000] + JPEG[7000:]
    image = FrameImage(broken)
    assert image.pixels.shape == LARGE.shape
    assert "Corrupt JPEG data" in image.damage
    with pytest.raises(Damaged, match="Corrupt JPEG data"):
        _ = FrameImage(broken, refuse_damaged=True).pixels
