"""Who hears of a refused frame."""

import logging

import pytest

from framemesh.sdk.session.rejections import FrameRejected, Rejections

LARGE = [FrameRejected(n, "too_large", f"{n} MB") for n in (1, 2)]
EMPTY = FrameRejected(3, "empty", "no bytes")


def test_every_rejection_goes_to_the_callback() -> None:
    heard: list[FrameRejected] = []
    Rejections("door", heard.append).report([*LARGE, EMPTY])
    assert heard == [*LARGE, EMPTY]


def test_the_first_of_each_reason_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    rejections = Rejections("door", None)
    with caplog.at_level(logging.WARNING, logger="framemesh.sdk"):
        rejections.report(LARGE)
        rejections.report([EMPTY])
    assert [record.getMessage() for record in caplog.records] == [
        "camera door: frame 1 was rejected as too_large: 1 MB (further ones are only counted)",
        "camera door: frame 3 was rejected as empty: no bytes (further ones are only counted)",
    ]
