"""One video of one camera, until it is complete. All of it blocks."""

import os
from pathlib import Path

import cv2

from framemesh.sink.errors import TargetTrouble, file_trouble
from framemesh.sink.files.picture import Pixels

CODEC = "vp09"
"""VP9 in MP4, which browsers play; the encoder for H.264 is not part of OpenCV's wheels."""


GROWING = ".mp4"
"""The end of the name of a hidden file that an encoder writes to."""


class Segment:
    """Written under the name of a part."""

    def __init__(self, part: Path, size: tuple[int, int], frames_per_second: float) -> None:
        """`size`: width and height of all its pictures."""
        self.part = part
        self.size = size
        # OpenCV takes the container from the end of the name; who looks for videos sees none.
        self._file = part.with_name(f".{part.name}{GROWING}")
        fourcc = cv2.VideoWriter.fourcc(*CODEC)
        self._video = cv2.VideoWriter(
            str(self._file), cv2.CAP_FFMPEG, fourcc, frames_per_second, size
        )
        if not self._video.isOpened():
            raise TargetTrouble(f"cannot write {part}: is its disk full, or no encoder there?")
        self.frames = 0

    def add(self, picture: Pixels) -> None:
        self._video.write(picture)
        self.frames += 1

    def finish(self) -> None:
        """Have all of it on disk, under the name of the part.

        Raises:
            TargetTrouble: the disk is full, or fails.
        """
        self._video.release()
        try:
            with self._file.open("rb") as file:
                os.fsync(file.fileno())
                complete = _is_complete(file.read())
            if not complete:
                raise TargetTrouble(f"cannot write {self.part}: is its disk full?")
            self._file.rename(self.part)
        except OSError as error:
            raise file_trouble(error, str(self.part)) from error

    def discard(self) -> None:
        self._video.release()
        for path in (self._file, self.part):
            path.unlink(missing_ok=True)


def _is_complete(content: bytes) -> bool:
    """Whether the list of frames is there, which the encoder writes last: it says nothing when the
    disk takes no more."""
    return b"moov" in content
