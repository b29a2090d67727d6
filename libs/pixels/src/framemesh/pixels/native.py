"""By the native library, in one pass; by OpenCV what that leaves to it."""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.pixels import opencv
from framemesh.pixels.library import Function
from framemesh.pixels.preparation import Form


class Answer(IntEnum):
    """Of the library, as lib.rs has them."""

    DONE = 0
    NOT_HERE = 1
    REFUSED = 2
    PANICKED = 3


class NativePreparation:
    """`Prepare` by a library."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def __call__(self, pixels: NDArray[np.uint8], out: NDArray[Any], form: Form) -> None:
        """See `Prepare`.

        Raises:
            ValueError: the arrays do not fit together.
            RuntimeError: the library has a fault.
        """
        if not _is_in_rows(pixels) or not out.flags.c_contiguous:
            opencv.prepare(pixels, out, form)
            return
        answer = self._call(pixels, out, form)
        if answer == Answer.NOT_HERE:
            opencv.prepare(pixels, out, form)
        elif answer == Answer.REFUSED:
            raise ValueError(f"an image {pixels.shape} does not become {out.shape} of {out.dtype}")
        elif answer != Answer.DONE:
            raise RuntimeError("the native library failed; FRAMEMESH_PIXELS=opencv does without it")

    def _call(self, pixels: NDArray[np.uint8], out: NDArray[Any], form: Form) -> int:
        values = form.values
        if not _fit(pixels, out, form):
            return Answer.REFUSED
        height, width = pixels.shape[:2]
        channels = 1 if pixels.ndim == 2 else 3
        out_height, out_width = out.shape[1:] if channels == 3 and form.planar else out.shape[:2]
        stride = pixels.strides[0] if height > 1 else width * channels
        return self._function(
            *(pixels.ctypes.data, (height - 1) * stride + width * channels, stride, width, height),
            *(out.ctypes.data, out.nbytes, out_width, out_height),
            *(channels, form.planar, form.swapped),
            None if values is None else values.ctypes.data,
        )


def _is_in_rows(pixels: NDArray[np.uint8]) -> bool:
    """Whether the pixels of a row follow one another, and the rows too, with any gap: no view that
    is mirrored, turned or thinned out."""
    channels = 1 if pixels.ndim == 2 else 3
    return (
        pixels.strides[1] == channels
        and pixels.strides[-1] == 1
        and pixels.strides[0] >= pixels.shape[1] * channels
    ) or pixels.flags.c_contiguous


def _fit(pixels: NDArray[np.uint8], out: NDArray[Any], form: Form) -> bool:
    """Whether the arrays are what the library takes them for: it gets but their addresses."""
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    values = form.values
    return (
        pixels.dtype == np.uint8
        and channels == (3 if pixels.ndim == 3 else 1)
        and out.ndim == pixels.ndim
        and (out.ndim == 2 or out.shape[0 if form.planar else 2] == 3)
        and out.flags.writeable
        and out.dtype == (np.uint8 if values is None else np.float32)
        and (values is None or _is_table(values, channels))
    )


def _is_table(values: NDArray[np.float32], channels: int) -> bool:
    return (
        values.dtype == np.float32 and values.shape == (channels, 256) and values.flags.c_contiguous
    )
