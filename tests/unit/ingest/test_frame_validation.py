import time

import pytest

from framemesh.ingest.frame_validation import FrameValidator, Reason

JPEG = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x04\0\x08\x01\0\0\0\xff\xda\0\x02\xff\xd9"
"""8 x 4 pixels."""


def reason(image: bytes, withheld: int = 0, *, max_pixels: int = 32) -> Reason | None:
    rejection = FrameValidator(max_bytes=100, max_pixels=max_pixels).rejection(image, withheld)
    return rejection.reason if rejection else None


def test_what_keeps_the_limits_enters() -> None:
    assert reason(JPEG.ljust(100, b"\0")) is None


@pytest.mark.parametrize(
    ("image", "withheld", "expected"),
    [
        (b"", 0, Reason.EMPTY),
        (JPEG.ljust(101, b"\0"), 0, Reason.TOO_LARGE),
        (b"", 101, Reason.TOO_LARGE),
        (b"", 1, Reason.TOO_LARGE),
        (b"GIF89a", 0, Reason.NOT_AN_IMAGE),
        (JPEG[:-1], 0, Reason.TRUNCATED),
    ],
)
def test_each_limit_has_its_reason(image: bytes, withheld: int, expected: Reason) -> None:
    assert reason(image, withheld) is expected


def test_too_many_pixels_are_a_reason() -> None:
    assert reason(JPEG, max_pixels=31) is Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize("markers", [b"\xff", b"\xff\xd0", b"\xff\xe0\0\x02"])
def test_megabytes_of_markers_do_not_hold_up_the_others(markers: bytes) -> None:
    image = b"\xff\xd8" + markers * (8_000_000 // len(markers))
    validator = FrameValidator(max_bytes=10_000_000, max_pixels=1)
    began = time.thread_time()
    assert validator.rejection(image, 0)
    assert time.thread_time() - began < 0.1, "twenty times the usual; a loop takes over a second"
