"""A JPEG of several scans says what it lacks."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.images.check import check_image
from framemesh.core.images.jpeg_scans import missing_scans
from tests.jpegs import jpeg, picture, segment

PROGRESSIVE = jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
GREY = jpeg(
    cv2.IMWRITE_JPEG_PROGRESSIVE,
    1,
    pixels=cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY).astype(np.uint8),
)
END = b"\xff\xd9"


def starts(image: bytes) -> list[int]:
    """Where each scan begins, with the tables before it."""
    found: list[int] = []
    at = image.find(b"\xff\xda")
    while at >= 0:
        tables = image.rfind(b"\xff\xc4", found[-1] + 2 if found else 0, at)
        found.append(tables if tables >= 0 else at)
        at = image.find(b"\xff\xda", at + 2)
    return found


@pytest.mark.parametrize("image", [PROGRESSIVE, GREY, jpeg()], ids=["colour", "grey", "baseline"])
def test_a_whole_one_lacks_nothing(image: bytes) -> None:
    assert not check_image(image).damage


@pytest.mark.parametrize("kept", range(1, 10))
def test_one_that_was_closed_early_lacks_its_last_scans(kept: int) -> None:
    image = PROGRESSIVE[: starts(PROGRESSIVE)[kept]] + END
    damage = check_image(image).damage
    assert damage.startswith("scans of component")
    assert damage.endswith("of 3 are missing")


def test_the_components_that_lack_a_scan_are_named() -> None:
    # The last but one of the usual ten refines the red chroma, the last the brightness.
    begins = starts(PROGRESSIVE)
    assert check_image(PROGRESSIVE[: begins[9]] + END).damage == (
        "scans of component 1 of 3 are missing"
    )
    without_one = PROGRESSIVE[: begins[8]] + PROGRESSIVE[begins[9] :]
    assert check_image(without_one).damage == "scans of component 2 of 3 are missing"


def one_by_one(*components: int) -> tuple[bytes, list[int]]:
    """A sequential JPEG of three components with a scan for each of these."""
    listed = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    image = b"\xff\xd8" + segment(0xC0, struct.pack(">BHHB", 8, 64, 96, 3) + listed)
    scans = []
    for component in components:
        scans.append(len(image) + 2)
        image += segment(0xDA, bytes([1, component, 0, 0, 63, 0])) + b"pixels"
    return image + END, scans


@pytest.mark.parametrize(
    ("components", "missing"),
    [((1, 2, 3), ""), ((1, 3), "component 2 of 3"), ((2,), "components 1, 3 of 3")],
)
def test_a_sequential_one_has_a_scan_for_each_component(
    components: tuple[int, ...], missing: str
) -> None:
    image, scans = one_by_one(*components)
    told = missing_scans(image, 2, scans, progressive=False)
    assert told == (f"scans of {missing} are missing" if missing else "")


@given(header=st.binary(min_size=3, max_size=40), progressive=st.booleans())
def test_whatever_a_scan_says_it_is_read(header: bytes, *, progressive: bool) -> None:
    image, _ = one_by_one(1)
    scan = len(image)
    assert missing_scans(image + header, 2, [scan], progressive=progressive)
