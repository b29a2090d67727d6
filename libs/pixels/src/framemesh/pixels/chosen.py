"""The implementation that this process uses, chosen when it is first imported."""

import os

from framemesh.pixels import library, opencv
from framemesh.pixels.native import NativePreparation
from framemesh.pixels.preparation import Prepare

VARIABLE = "FRAMEMESH_PIXELS"
"""Set to "opencv" it leaves the native library out, as tests and comparisons do."""


def choose(variable: str) -> tuple[Prepare, str]:
    """What prepares, and why it is not the native library; empty if it is."""
    if variable == "opencv":
        return opencv.prepare, f"is left out by {VARIABLE}"
    try:
        return NativePreparation(library.load()), ""
    except library.NotUsable as error:
        return opencv.prepare, str(error)


prepare, MISSING = choose(os.environ.get(VARIABLE, ""))
