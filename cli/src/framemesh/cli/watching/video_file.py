"""One video of one camera, for as long as somebody watches."""

from itertools import pairwise
from pathlib import Path
from statistics import median
from types import TracebackType

import cv2
import numpy as np

from framemesh.cli.watching.live_pictures import LivePicture
from framemesh.sink.files.picture import Pixels, decoded, fitted
from framemesh.sink.files.segment import Segment
from framemesh.vision.drawing.picture import draw

LONGEST_SIDE = 640
FIRST_PICTURES = 10
"""By whose times it is decided how fast the video plays."""

USUAL_RATE = 10.0
MOST_RATE = 60.0


class VideoFile:
    """Takes pictures in the body of a `with`; the file is there when that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[tuple[float, Pixels]] = []
        """The first ones, with their times in ms."""
        self._segment: Segment | None = None
        self.frames = 0

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """
        Raises:
            TargetTrouble: the disk takes no more.
        """
        self._begin()
        if self._segment is not None:
            self._segment.finish()

    def add(self, picture: LivePicture) -> None:
        """
        Raises:
            TargetTrouble: the file cannot be written.
        """
        pixels = decoded(picture.jpeg)
        if pixels is None:
            return
        self.frames += 1
        drawn = fitted(draw(pixels, picture.detections), LONGEST_SIDE)
        if self._segment is not None:
            self._segment.add(_sized(drawn, self._segment.size))
            return
        self._waiting.append((picture.captured_ms, drawn))
        if len(self._waiting) == FIRST_PICTURES:
            self._begin()

    def _begin(self) -> None:
        if self._segment is not None or not self._waiting:
            return
        height, width = self._waiting[0][1].shape[:2]
        rate = rate_of([at for at, _ in self._waiting])
        self._segment = Segment(self._path, (width, height), rate)
        for _, pixels in self._waiting:
            self._segment.add(_sized(pixels, self._segment.size))
        self._waiting.clear()


def rate_of(times_ms: list[float]) -> float:
    """Frames a second of pictures with these times, 1 to 60."""
    between = [later - earlier for earlier, later in pairwise(times_ms) if later > earlier]
    return min(MOST_RATE, max(1.0, 1000 / median(between))) if between else USUAL_RATE


def _sized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size), np.uint8)
