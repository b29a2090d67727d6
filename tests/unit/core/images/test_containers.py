"""The containers of PNG and WebP say where they are damaged."""

import struct

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.images.check import check_image
from framemesh.core.images.containers import damage_of
from tests.jpegs import jpeg, picture

PNG = cv2.imencode(".png", picture())[1].tobytes()
LOSSY = cv2.imencode(".webp", picture(), (cv2.IMWRITE_WEBP_QUALITY, 80))[1].tobytes()
LOSSLESS = cv2.imencode(".webp", picture(), (cv2.IMWRITE_WEBP_QUALITY, 101))[1].tobytes()
END = b"\0\0\0\0IEND\xaeB`\x82"


def damage(image: bytes) -> str:
    return damage_of(image, check_image(image))


def test_a_whole_png_and_any_jpeg_tell_of_no_damage() -> None:
    assert not damage(PNG)
    assert not damage(PNG + b"more")
    assert not damage(jpeg())


@given(at=st.integers(33, len(PNG) - len(END) - 1), bit=st.integers(0, 7))
def test_a_png_tells_of_every_bit(at: int, bit: int) -> None:
    broken = bytearray(PNG)
    broken[at] ^= 1 << bit
    assert damage(bytes(broken))


def test_the_chunk_of_a_png_is_named() -> None:
    at = PNG.index(b"IDAT") + 100
    broken = PNG[:at] + bytes([PNG[at] ^ 1]) + PNG[at + 1 :]
    assert damage(broken) == "the chunk 'IDAT' at byte 33 has a wrong checksum"
    assert "reaches beyond its end" in damage(PNG[: len(PNG) // 2] + END)


@pytest.mark.parametrize("image", [LOSSY, LOSSLESS], ids=["lossy", "lossless"])
def test_a_chunk_of_a_webp_that_is_too_long_is_named(image: bytes) -> None:
    longer = struct.unpack_from("<I", image, 16)[0] + 100
    broken = image[:16] + struct.pack("<I", longer) + image[20:]
    assert damage(broken) == (
        f"a chunk of {longer} bytes at byte 12 reaches beyond its {len(image)} bytes"
    )


@given(
    image=st.sampled_from([PNG, LOSSY, LOSSLESS]),
    at=st.integers(8, 60),
    noise=st.binary(min_size=1, max_size=20),
)
def test_whatever_is_damaged_it_is_one_line(image: bytes, at: int, noise: bytes) -> None:
    broken = image[:at] + noise + image[at + len(noise) :]
    header = check_image(image)
    assert "\n" not in damage_of(broken, header)
