"""Videos, streams and webcams as a source of frames."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from framemesh.cli.push.encoding import AS_IT_IS, Encoding
from framemesh.cli.push.image_files import IMAGE_SUFFIXES
from framemesh.cli.push.image_source import CameraEnded, Item, SourceImage, SourceUnreadable


@dataclass(frozen=True, slots=True)
class Video:
    """A video file, a stream by its URL, or a webcam by its number; its pictures are encoded."""

    place: str | int
    """The path of a file, a URL, or the number of a webcam."""
    encoding: Encoding = AS_IT_IS

    @property
    def left_out(self) -> tuple[Path, ...]:
        return ()

    @property
    def length(self) -> int | None:
        if isinstance(self.place, int):
            return None
        capture = self._open()
        frames = _frame_count(capture)
        capture.release()
        return frames

    @property
    def name(self) -> str:
        if isinstance(self.place, int):
            return f"webcam {self.place}"
        return without_password(self.place) if "://" in self.place else Path(self.place).name

    def items(self) -> Iterator[Item]:
        capture = self._open()
        try:
            for number in count(1):
                captured, picture = capture.read()
                if not captured:
                    break
                encoded = self.encoding.encode(np.asarray(picture, np.uint8))
                yield SourceImage(f"{self.name} frame {number}", encoded, is_original=False)
            if self._is_live(capture):
                raise CameraEnded(
                    f"{self.name} ended after {number - 1} frames: the camera closed the stream, "
                    "or sent nothing for 30 s; --loop connects again"
                )
        finally:
            capture.release()

    def _is_live(self, capture: cv2.VideoCapture) -> bool:
        """Whether it has no end of its own, so that its end is a failure."""
        if isinstance(self.place, int):
            return True
        return "://" in self.place and _frame_count(capture) is None

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self.place)
        if capture.isOpened():
            return capture
        if isinstance(self.place, int):
            raise SourceUnreadable(f"there is no {self.name}, or another program has it")
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SourceUnreadable(
            f"{without_password(self.place)} is no video that OpenCV reads, and no image "
            f"({suffixes})"
        )


def without_password(url: str) -> str:
    """A URL as it may be shown on a terminal or in a log."""
    return re.sub(r"//([^/:@]*):.*@", r"//\1:***@", url)


def _frame_count(capture: cv2.VideoCapture) -> int | None:
    """None where the container does not say, and for what is live."""
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    return frames if frames > 0 else None
