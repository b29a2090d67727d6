"""Each kind of JPEG that cameras and decoders disagree on has one rule: docs/reference.md."""

import contextlib
import struct
import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.images.check import check_image
from framemesh.core.images.errors import (
    BadImage,
    NotAnImage,
    TruncatedImage,
    UnsupportedImage,
)
from framemesh.core.images.jpeg import without_gaps
from framemesh.core.images.jpeg_segments import MAX_STRAY_BYTES
from tests.jpegs import decoded, inserted, jpeg, picture, place_of, segment, without

APP0, DQT, DHT, SOF, SOS = 0xE0, 0xDB, 0xC4, 0xC0, 0xDA

PLAIN = jpeg()
GREY = jpeg(pixels=cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY).astype(np.uint8))
FULL_CHROMA = jpeg(
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)

WITHOUT_TABLES = without(PLAIN, [DHT])
"""A frame of Motion JPEG: decoders know the usual Huffman tables."""


def frame_header(kind: int = SOF, bits: int = 8, components: int = 3, height: int = 64) -> bytes:
    each = b"".join(bytes([number + 1, 0x11, min(number, 1)]) for number in range(components))
    return segment(kind, struct.pack(">BHHB", bits, height, 96, components) + each)


def with_frame(header: bytes) -> bytes:
    """A JPEG with another frame header."""
    at = place_of(FULL_CHROMA, SOF)
    return FULL_CHROMA[:at] + header + without(FULL_CHROMA, [SOF])[at:]


SAME_PICTURE = {
    "stray bytes between segments": inserted(PLAIN, DQT, b"\x00\x12\x34"),
    "stray bytes after the start": inserted(PLAIN, APP0, b"\x00\x00"),
    "stray bytes before the pixels": inserted(PLAIN, SOS, b"\x0d\x0a"),
    "a stuffed byte between segments": inserted(PLAIN, DQT, b"\xff\x00\x34"),
    "many stray bytes": inserted(PLAIN, DQT, b"\x55" * MAX_STRAY_BYTES),
    "fill bytes": inserted(PLAIN, DQT, b"\xff" * 1_000_000),
    "fill bytes and stray bytes": inserted(PLAIN, DQT, b"\xff" * 100_000 + b"\x01\x00\xff\x00"),
    "a restart between segments": inserted(PLAIN, DQT, b"\xff\xd0"),
    "a segment of length 0": inserted(PLAIN, DQT, b"\xff\xe5\x00\x00"),
    "a segment of length 1": inserted(PLAIN, DQT, b"\xff\xe5\x00\x01"),
    "an empty segment": inserted(PLAIN, DQT, segment(0xE5)),
    "an Adobe segment that is too short": inserted(PLAIN, DQT, segment(0xEE, b"Adobe")),
    "an EXIF block that points nowhere": inserted(
        PLAIN, DQT, segment(0xE1, b"Exif\0\0MM\0\x2a\xff\xff\xff\xff")
    ),
    "no application segment": without(PLAIN, [APP0]),
    "Motion JPEG without tables": WITHOUT_TABLES,
    "Motion JPEG of AVI": inserted(
        without(WITHOUT_TABLES, [APP0]), DQT, segment(APP0, b"AVI1" + bytes(10))
    ),
    "bytes after the end": PLAIN + bytes(500),
    "another JPEG after the end": PLAIN + PLAIN,
}


@pytest.mark.parametrize("image", SAME_PICTURE.values(), ids=SAME_PICTURE.keys())
def test_what_libjpeg_skips_changes_nothing(image: bytes) -> None:
    header = check_image(image)
    assert (header.width, header.height, header.scans) == (96, 64, 1)
    found, plain = decoded(without_gaps(image)), decoded(PLAIN)
    assert found is not None
    assert plain is not None
    assert np.array_equal(found, plain)


ACCEPTED = {
    "grey": GREY,
    "progressive": jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "with restarts": jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "extended sequential": with_frame(frame_header(0xC1)),
    "arithmetic codes": with_frame(frame_header(0xC9)),
    "four inks": with_frame(frame_header(components=4)),
}


@pytest.mark.parametrize("image", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_each_kind_that_opencv_decodes_is_accepted(image: bytes) -> None:
    check_image(image)
    assert decoded(image) is not None


REFUSED = {
    "lossless": (with_frame(frame_header(0xC3)), UnsupportedImage),
    "hierarchical": (with_frame(frame_header(0xC5)), UnsupportedImage),
    "lossless, arithmetic codes": (with_frame(frame_header(0xCB)), UnsupportedImage),
    "12 bits": (with_frame(frame_header(0xC1, bits=12)), UnsupportedImage),
    "two components": (with_frame(frame_header(components=2)), UnsupportedImage),
    "an unknown marker": (inserted(PLAIN, DQT, segment(0xBF)), UnsupportedImage),
    "an extension": (inserted(PLAIN, DQT, segment(0xF0)), UnsupportedImage),
    "height after the pixels": (with_frame(frame_header(height=0)), NotAnImage),
    "two starts": (inserted(PLAIN, DQT, b"\xff\xd8"), NotAnImage),
    "two sizes": (inserted(PLAIN, SOS, frame_header()), NotAnImage),
    "bytes before the start": (b"\x00" + PLAIN, NotAnImage),
    "too many stray bytes": (
        inserted(PLAIN, DQT, b"\x55" * (MAX_STRAY_BYTES + 1)),
        NotAnImage,
    ),
    "an end before the pixels": (inserted(PLAIN, DQT, b"\xff\xd9"), TruncatedImage),
    "no end": (PLAIN[:-2], TruncatedImage),
    "zeros for the end": (PLAIN[:-2] + bytes(200), TruncatedImage),
    "a segment beyond the end": (inserted(PLAIN, DQT, b"\xff\xe5\xff\xf0"), TruncatedImage),
}


@pytest.mark.parametrize(("image", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_the_others_are_refused_by_name(image: bytes, error: type[BadImage]) -> None:
    with pytest.raises(BadImage) as found:
        check_image(image)
    assert found.type is error


LONG = {
    "stray bytes": bytes(8_000_000),
    "fill bytes": b"\xff" * 8_000_000,
    "stuffed bytes": b"\xff\x00" * 4_000_000,
    "gaps": b"\x00\xff\xe0\x00\x02" * 1_600_000,
    "fill bytes in gaps": (b"\xff" * 2000 + b"\xff\xe0\x00\x02") * 4000,
    "EXIF": segment(0xE1, b"Exif\0\0") + b"\x01\x12" * 4_000_000,
}

PARTS = 8
"""A square would make one of so many parts 64 times as fast as the whole."""


@pytest.mark.parametrize("middle", LONG.values(), ids=LONG.keys())
def test_megabytes_of_anything_take_milliseconds(middle: bytes) -> None:
    """Or, on a busy machine, as much longer as there is more of it: not with the square of it."""
    whole = _cpu_seconds(middle)
    assert whole < 0.1 or whole < 3 * PARTS * _cpu_seconds(middle[: len(middle) // PARTS])


def _cpu_seconds(middle: bytes) -> float:
    """Of one check: the best of several, since others take the caches, too."""
    image = PLAIN[:2] + middle + PLAIN[2:]
    found = []
    for _ in range(3):
        started = time.thread_time()
        with contextlib.suppress(BadImage):
            check_image(image)
        found.append(time.thread_time() - started)
    return min(found)


edits = st.lists(
    st.tuples(
        st.integers(2, len(PLAIN) - 3),
        st.integers(0, 4),
        st.lists(st.sampled_from([0, 1, 2, 0x40, 0xC0, 0xDA, 0xDB, 0xE0, 0xFF]), max_size=4),
    ),
    min_size=1,
    max_size=3,
)


@given(edits)
def test_a_header_that_is_refused_is_none_that_opencv_decodes(
    changes: list[tuple[int, int, list[int]]],
) -> None:
    image = bytearray(PLAIN)
    for at, removed, added in changes:
        image[at : at + removed] = bytes(added)
    try:
        check_image(bytes(image), max_pixels=1_000_000)
    except (NotAnImage, UnsupportedImage):
        assert decoded(bytes(image)) is None
    except BadImage:
        pass
