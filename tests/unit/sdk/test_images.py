"""What may be sent as a frame."""

import subprocess
import sys
from typing import Any

import cv2
import numpy as np
import pytest

import framemesh.sdk
from framemesh.sdk.errors import BadFrame
from framemesh.sdk.images import encoded


def test_encoded_images_are_left_as_they_are() -> None:
    image = b"\xff\xd8\xff"
    assert encoded(image, 90) is image
    assert encoded(bytearray(image), 90) == image
    assert encoded(memoryview(image), 90) == image


def test_a_picture_becomes_a_jpeg_of_its_size() -> None:
    picture = np.full((48, 64, 3), (255, 0, 0), np.uint8)
    read = cv2.imdecode(np.frombuffer(encoded(picture, 90), np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert read.shape == (48, 64, 3)
    assert np.abs(read.astype(int) - picture).max() <= 2


def test_quality_is_paid_for_in_bytes() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    assert len(encoded(picture, 30)) < len(encoded(picture, 90))


@pytest.mark.parametrize(
    ("picture", "named"),
    [
        (np.zeros((4, 4), np.uint8), r"\[4, 4\] of uint8"),
        (np.zeros((4, 4, 4), np.uint8), r"\[4, 4, 4\] of uint8"),
        (np.zeros((4, 4, 3), np.float32), r"\[4, 4, 3\] of float32"),
        (np.zeros((0, 4, 3), np.uint8), r"\[0, 4, 3\] of uint8"),
        ("frame.jpg", "not str"),
    ],
)
def test_what_is_no_picture_is_named(picture: Any, named: str) -> None:
    with pytest.raises(BadFrame, match=named):
        encoded(picture, 90)


def test_a_camera_that_sends_bytes_imports_nothing_that_it_does_not_need() -> None:
    unneeded = {
        "numpy",
        "cv2",
        "framemesh.core",
        "framemesh.runtime",
        "framemesh.api.monitor",
        "framemesh.api.common",
        "framemesh.sdk.spool",
        "framemesh.sdk.session.results.result",
        "concurrent.futures.process",
    }
    program = "import sys, framemesh.sdk; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert unneeded.isdisjoint(output.stdout.decode().split())


def test_what_is_imported_later_is_there_as_well() -> None:
    assert framemesh.sdk.Result.__name__ == "Result"
    assert set(framemesh.sdk.__all__) <= {*dir(framemesh.sdk), "Box", "Detection", "Keypoint"} | {
        "Result"
    }
    with pytest.raises(AttributeError, match="has no attribute 'Film'"):
        framemesh.sdk.Film  # type: ignore[attr-defined]  # noqa: B018
