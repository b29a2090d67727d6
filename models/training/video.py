"""Reading a video and fitting its frames to a network's input."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def read_frames(path: Path) -> Iterator[Picture]:
    """Every frame of the video, BGR [height, width, 3]."""
    capture = cv2.VideoCapture(str(path))
    try:
        while True:
            found, frame = capture.read()
            if not found:
                return
            yield frame
    finally:
        capture.release()


def fit(frame: Picture, width: int, height: int) -> Picture:
    """The frame stretched to `width` x `height`, each new pixel the mean of those it covers."""
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
