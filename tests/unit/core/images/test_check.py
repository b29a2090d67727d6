"""What is taken for an image, and how large it says it is."""

import contextlib
import struct
import time
import timeit

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.images.check import check_image, read_header
from framemesh.core.images.errors import (
    BadImage,
    EmptyImage,
    NotAnImage,
    TooManyPixels,
    TooSlowToDecode,
    TruncatedImage,
)
from framemesh.core.images.header import ImageFormat, ImageHeader
from tests.slow_images import png_with_texts, progressive_jpeg


def encoded(extension: str, *options: int, width: int = 97, height: int = 61) -> bytes:
    picture = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(extension, picture, list(options))[1].tobytes()


JPEG = encoded(".jpg")
PNG = encoded(".png")
WEBP = encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 80)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (JPEG, ImageFormat.JPEG),
        (encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1), ImageFormat.JPEG),
        (encoded(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 2), ImageFormat.JPEG),
        (PNG, ImageFormat.PNG),
        (WEBP, ImageFormat.WEBP),
        (encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 101), ImageFormat.WEBP),
    ],
)
def test_format_and_size_are_read(image: bytes, kind: ImageFormat) -> None:
    header = read_header(image)
    assert (header.format, header.width, header.height) == (kind, 97, 61)


def test_the_scans_of_a_jpeg_are_counted() -> None:
    assert read_header(JPEG).scans == 1
    assert read_header(encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)).scans == 10
    restarts = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    assert read_header(encoded(".jpg", *restarts)).scans == 10
    assert read_header(progressive_jpeg(640, 480, 100)).scans == 100


def test_what_follows_a_jpeg_is_no_scan_of_it() -> None:
    appended = b"\xff\xda\x00\x02" * 1000
    header = check_image(encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1) + appended)
    assert header.scans == 10


def test_an_end_marker_inside_a_comment_ends_no_jpeg() -> None:
    image = progressive_jpeg(64, 64, 101)
    second = image.index(b"\xff\xda", image.index(b"\xff\xda") + 2)
    hidden = image[:second] + b"\xff\xfe\x00\x04\xff\xd9" + image[second:]
    assert cv2.imdecode(np.frombuffer(hidden, np.uint8), cv2.IMREAD_COLOR) is not None
    with pytest.raises(TooSlowToDecode):
        check_image(hidden)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (progressive_jpeg(640, 480, 101), "a JPEG of more than 100 scans"),
        (progressive_jpeg(2000, 1000, 4000), "a JPEG of more than 100 scans"),
        (png_with_texts(17, 8_000_000), "a PNG with more than 16 compressed texts"),
    ],
)
def test_what_would_take_seconds_to_decode_is_refused(image: bytes, message: str) -> None:
    with pytest.raises(TooSlowToDecode, match=message):
        check_image(image)


def test_a_png_may_have_a_few_texts() -> None:
    assert check_image(png_with_texts(16, 100)).compressed_texts == 16


def test_looking_for_scans_and_chunks_is_bounded() -> None:
    comments = b"\xff\xfe\x00\x02" * 2_000_000
    image = progressive_jpeg(64, 64, 2)
    second = image.rindex(b"\xff\xda")
    chunks = PNG[:33] + (bytes(4) + b"abCd" + bytes(4)) * 600_000 + PNG[33:]
    for slow in (image[:second] + comments + image[second:], chunks):
        started = time.thread_time()
        with pytest.raises(TooSlowToDecode):
            check_image(slow)
        assert time.thread_time() - started < 0.2


def test_the_size_of_an_extended_webp_is_read() -> None:
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0)
    body += (4095).to_bytes(3, "little") + (2159).to_bytes(3, "little")
    image = b"RIFF" + struct.pack("<I", len(body)) + body
    assert read_header(image) == ImageHeader(ImageFormat.WEBP, 4096, 2160)


@pytest.mark.parametrize("image", [JPEG, PNG, WEBP])
def test_bytes_after_the_end_do_no_harm(image: bytes) -> None:
    assert read_header(image + bytes(500)) == read_header(image)


@pytest.mark.parametrize("image", [JPEG, PNG, WEBP])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.999])
def test_a_truncated_image_is_refused(image: bytes, kept: float) -> None:
    with pytest.raises(TruncatedImage, match="cut off after"):
        read_header(image[: max(13, int(len(image) * kept))])


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    thumbnail = encoded(".jpg", width=16, height=16)
    exif = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    image = JPEG[:2] + exif + JPEG[2:]
    assert read_header(image) == ImageHeader(ImageFormat.JPEG, 97, 61)
    with pytest.raises(TruncatedImage):
        read_header(image[:-2])


def test_no_bytes_are_an_empty_image() -> None:
    with pytest.raises(EmptyImage):
        read_header(b"")


@pytest.mark.parametrize(
    "image",
    [
        b"hello",
        b"GIF89a" + bytes(100),
        b"RIFF\0\0\0\0WAVE" + bytes(40),
        b"RIFF\0\0\0\0WEBPALPH" + bytes(40),
        b"\xff\xd8\xff\xda\0\x02\xff\xd9",
        b"\xff\xd8" + bytes(40),
        JPEG.replace(b"\x00\x3d\x00\x61", b"\x00\x3d\x00\x00", 1),
    ],
)
def test_what_is_no_image_is_refused(image: bytes) -> None:
    with pytest.raises(NotAnImage):
        read_header(image)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", PNG[:16], WEBP[:16]]))
def test_garbage_never_raises_anything_else(garbage: bytes, start: bytes) -> None:
    with contextlib.suppress(BadImage):
        read_header(start + garbage)


def test_an_image_over_the_limit_of_pixels_is_refused_with_its_size() -> None:
    assert check_image(PNG, max_pixels=97 * 61).pixels == 97 * 61
    with pytest.raises(TooManyPixels, match="97x61 is 5917 pixels, over the limit of 5916"):
        check_image(PNG, max_pixels=97 * 61 - 1)


def test_a_typical_jpeg_is_read_in_microseconds() -> None:
    image = encoded(".jpg", width=640, height=480)
    seconds = min(timeit.repeat(lambda: read_header(image), number=100, repeat=5)) / 100
    assert seconds < 100e-6, "ten times the usual, so that a busy machine does not fail it"
