"""By OpenCV, in as many passes as there are steps."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.pixels.preparation import Form


def prepare(pixels: NDArray[np.uint8], out: NDArray[Any], form: Form) -> None:
    """See `Prepare`."""
    if pixels.ndim == 2:
        _put(_scaled(pixels, out.shape), form, 0, out)
    elif form.planar:
        scaled = _scaled(pixels, out.shape[1:])
        for channel in range(3):
            plane = cv2.extractChannel(scaled, 2 - channel if form.swapped else channel)
            _put(np.asarray(plane, np.uint8), form, channel, out[channel])
    elif form.values is None and form.swapped:
        cv2.cvtColor(_scaled(pixels, out.shape), cv2.COLOR_BGR2RGB, dst=out)
    elif form.values is None:
        cv2.resize(pixels, out.shape[1::-1], dst=out, interpolation=cv2.INTER_AREA)
    else:
        scaled = _scaled(pixels, out.shape)
        if form.swapped:
            scaled = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), np.uint8)
        cv2.LUT(scaled, np.ascontiguousarray(form.values.T).reshape(256, 1, 3), dst=out)


def _scaled(pixels: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    height, width = shape[:2]
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _put(plane: NDArray[np.uint8], form: Form, channel: int, out: NDArray[Any]) -> None:
    """Write the value of each byte of one channel of the input."""
    if form.values is None:
        out[...] = plane
    else:
        cv2.LUT(plane, form.values[channel].reshape(256, 1, 1), dst=out)
