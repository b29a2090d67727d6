"""Where `push` gets its frames: images, videos and webcams, as encoded images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from framemesh.cli.common.files import read_bytes
from framemesh.core.errors import Code, FramemeshError
from framemesh.sdk.arrays import to_jpeg

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Files that are sent as they are; the platform takes these formats."""


class SourceUnreadable(FramemeshError):
    """What was named holds no frames."""

    code = Code.INVALID


class ImageSource(Protocol):
    """Frames that can be gone through, once or again."""

    @property
    def length(self) -> int | None:
        """How many frames there are, as far as known."""
        ...

    def images(self) -> Iterator[bytes]:
        """Each frame as an encoded image; blocks while one is read or taken.

        Raises:
            SourceUnreadable, FileUnreadable: it cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Images:
    """Image files, in the order of their names."""

    files: tuple[Path, ...]

    @property
    def length(self) -> int:
        return len(self.files)

    def images(self) -> Iterator[bytes]:
        return map(read_bytes, self.files)


@dataclass(frozen=True, slots=True)
class Video:
    """A video file, a stream by its URL, or a webcam by its number; its pictures become JPEGs."""

    place: str | int
    quality: int = 90
    """Of the JPEGs: what the SDK takes for arrays."""

    @property
    def length(self) -> int | None:
        if isinstance(self.place, int):
            return None
        capture = self._open()
        frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        # Some containers do not say.
        return frames if frames > 0 else None

    def images(self) -> Iterator[bytes]:
        capture = self._open()
        try:
            while True:
                taken, picture = capture.read()
                if not taken:
                    return
                yield to_jpeg(np.asarray(picture, np.uint8), self.quality)
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self.place)
        if capture.isOpened():
            return capture
        if isinstance(self.place, int):
            raise SourceUnreadable(f"there is no webcam {self.place}, or another program has it")
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SourceUnreadable(
            f"{self.place} is no video that OpenCV reads, and no image ({suffixes})"
        )


def open_source(name: str) -> ImageSource:
    """The source that a person means by `name`: a file, a folder, a URL, `webcam` or `webcam:N`.

    Raises:
        SourceUnreadable: it is none of these.
    """
    kind, _, number = name.partition(":")
    if kind == "webcam" and (number or "0").isdecimal():
        return Video(int(number or "0"))
    if "://" in name:
        return Video(name)
    path = Path(name)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise SourceUnreadable(
            f"no source {name!r}: name a video, an image, a folder of images, "
            "a URL such as rtsp://..., webcam or webcam:N"
        )
    return Images((path,)) if path.suffix.lower() in IMAGE_SUFFIXES else Video(name)


def _folder(path: Path) -> Images:
    files = sorted(one for one in path.iterdir() if one.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise SourceUnreadable(
            f"no images in {path}: looked for {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    return Images(tuple(files))
