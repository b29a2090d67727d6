"""Leaves out pictures in which nothing moves: cheap differences at the camera, after Reducto
(SIGCOMM 2020)."""

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 64, 36
"""To which pictures are made smaller: noise goes, and a person at a street's end stays."""

CHANGE = 16
"""Of 255: by how much a pixel must differ. Noise of a camera at night has 8 after the averaging."""


class MotionGate:
    """Compares each picture with the last one that passed."""

    def __init__(self, share: float) -> None:
        """`share` of the pixels that must have changed, 0 to 1; 0: all pass."""
        self._share = share
        self._last: NDArray[np.int16] | None = None

    def passes(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether a picture [height, width, 3] of BGR shows something new. The first one does."""
        if not self._share:
            return True
        small = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.int16)
        if self._last is not None:
            changed = float((np.abs(grey - self._last) >= CHANGE).mean())
            if changed < self._share:
                return False
        self._last = grey
        return True
