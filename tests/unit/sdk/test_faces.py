"""`Camera` and `AsyncCamera` are one camera with two faces."""

import inspect

import pytest

from framemesh.sdk import AsyncCamera, Camera


def public(face: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(face) if not name.startswith("_")}


def test_both_faces_offer_the_same() -> None:
    assert (
        public(Camera)
        == public(AsyncCamera)
        == {
            "close",
            "counts",
            "filtered",
            "hint",
            "results",
            "send",
            "session",
            "statistics",
        }
    )


@pytest.mark.parametrize("method", ["__init__", "send", "filtered", "close"])
def test_both_faces_take_the_same_arguments(method: str) -> None:
    sync, asynchronous = getattr(Camera, method), getattr(AsyncCamera, method)
    assert inspect.signature(sync) == inspect.signature(asynchronous)
    assert sync.__doc__
    assert asynchronous.__doc__
