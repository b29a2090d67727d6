"""One video of one camera, until it is complete. All of it blocks."""

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.video.stream import VideoStream

from framemesh.sink.errors import TargetTrouble, file_trouble
from framemesh.sink.files.picture import Pixels

ENCODER = "libvpx-vp9"
"""VP9 in MP4, which browsers play."""

OPTIONS = {"deadline": "realtime", "cpu-used": "8", "crf": "24"}
"""As for a live stream: 10 ms of a CPU for a picture of 640 x 480, where the encoder's own choice
takes 300 and is better by 1 dB. A constant quality: pictures in which nothing happens are small."""

PIXELS = "yuv420p"
MOST_DENOMINATOR = 1000
"""Of the rate as a fraction: 29.97 is 2997/100."""

GROWING = ".mp4"
"""The end of the name of a hidden file that an encoder writes to."""


class Segment:
    """Written under the name of a part."""

    def __init__(self, part: Path, size: tuple[int, int], frames_per_second: float) -> None:
        """`size`: width and height of all its pictures.

        Raises:
            TargetTrouble: the folder takes no file.
        """
        self.part = part
        self.size = size
        # Hidden: who looks for videos sees none that is not complete.
        self._file = part.with_name(f".{part.name}{GROWING}")
        try:
            self._container = av.open(str(self._file), "w", format="mp4")
        except OSError as error:
            raise self._trouble(error) from error
        rate = Fraction(frames_per_second).limit_denominator(MOST_DENOMINATOR)
        self._stream = cast("VideoStream", self._container.add_stream(ENCODER, rate, OPTIONS))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = PIXELS
        # Without it crf is only the best quality of a given size.
        self._stream.bit_rate = 0
        # There are many at once, each with a thread of its own as it is.
        self._stream.thread_count = 1
        self.frames = 0

    def add(self, picture: Pixels) -> None:
        """
        Raises:
            TargetTrouble: the disk is full, or fails.
        """
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = self.frames
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise self._trouble(error) from error
        self.frames += 1

    def finish(self) -> None:
        """Have all of it on disk, under the name of the part.

        Raises:
            TargetTrouble: the disk is full, or fails.
        """
        try:
            self._container.mux(self._stream.encode())
            self._container.close()
            with self._file.open("rb") as file:
                os.fsync(file.fileno())
            self._file.rename(self.part)
        except OSError as error:
            raise self._trouble(error) from error

    def discard(self) -> None:
        with suppress(OSError):
            self._container.close()
        for path in (self._file, self.part):
            path.unlink(missing_ok=True)

    def _trouble(self, error: OSError) -> TargetTrouble:
        return file_trouble(error, str(self.part))
