"""An encoded image becomes a small JPEG."""

import importlib
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError

SCALING = "framemesh.monitor.dashboard.pictures.opencv_scaling"
"""Imported when the first picture is made, in its thread: OpenCV takes a fifth of a second, and a
monitor should be back soon after a crash."""


class NotShowable(FramemeshError):
    """No picture can be made of an image, though a worker may have decoded it."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class ScaledImage:
    """A JPEG, and the size of what it was made of, in pixels, as that is stored."""

    jpeg: bytes
    width: int
    height: int


def scaled(image: bytes, width: int) -> ScaledImage:
    """A JPEG `width` pixels wide, or half as much more where that is easier made, and never larger
    than the image. It takes milliseconds: call it in a thread.

    Raises:
        BadImage: a worker would not decode it either.
        NotShowable: it is too large, or broken.
    """
    made: ScaledImage = importlib.import_module(SCALING).scaled(image, width)
    return made
