"""Where `push` gets its frames: images, videos and webcams, as encoded images."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from framemesh.cli.common.files import FileUnreadable, read_bytes
from framemesh.core.errors import Code, FramemeshError
from framemesh.sdk.arrays import to_jpeg

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Files that are sent as they are; the platform takes these formats."""

JPEG_QUALITY = 90
"""Of what is not an image file: the default of the SDK for arrays."""


class SourceUnreadable(FramemeshError):
    """The source that was named holds no frames."""

    code = Code.INVALID


class CameraEnded(FramemeshError):
    """A live source gives no more frames."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One frame of a source."""

    name: str
    """The file, or the video and the number of the frame in it."""
    encoded: bytes


@dataclass(frozen=True, slots=True)
class UnreadableImage:
    """One image of a source that cannot be read; the others can."""

    error: FramemeshError


Item: TypeAlias = SourceImage | UnreadableImage


class ImageSource(Protocol):
    """Frames that can be gone through, once or again."""

    @property
    def length(self) -> int | None:
        """How many frames there are, as far as known."""
        ...

    @property
    def left_out(self) -> tuple[Path, ...]:
        """Files beside its frames that are no images of a kind that is sent."""
        ...

    def items(self) -> Iterator[Item]:
        """Each frame as an encoded image; blocks while one is read or captured.

        Raises:
            SourceUnreadable: nothing can be read.
            CameraEnded: a live source gave its last frame.
        """
        ...


@dataclass(frozen=True, slots=True)
class Images:
    """Image files, in the order of their names."""

    files: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()

    @property
    def length(self) -> int:
        return len(self.files)

    def items(self) -> Iterator[Item]:
        return map(_read, self.files)


@dataclass(frozen=True, slots=True)
class Video:
    """A video file, a stream by its URL, or a webcam by its number; its pictures become JPEGs."""

    place: str | int
    """The path of a file, a URL, or the number of a webcam."""

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
                jpeg = to_jpeg(np.asarray(picture, np.uint8), JPEG_QUALITY)
                yield SourceImage(f"{self.name} frame {number}", jpeg)
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


def open_source(name: str) -> ImageSource:
    """The source that a person means by `name`: a file, a folder, a URL, `webcam` or `webcam:N`.

    Raises:
        SourceUnreadable: the source is of no supported kind.
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
    if _is_image(path):
        return Images((path,))
    # FFmpeg takes what is before a colon, as in 2024-05-01T12:30:00.mp4, for a protocol.
    return Video(str(path.absolute()))


def without_password(url: str) -> str:
    """A URL as it may be shown on a terminal or in a log."""
    return re.sub(r"//([^/:@]*):.*@", r"//\1:***@", url)


def _frame_count(capture: cv2.VideoCapture) -> int | None:
    """None where the container does not say, and for what is live."""
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    return frames if frames > 0 else None


def _folder(path: Path) -> Images:
    entries = sorted(one for one in path.iterdir() if not one.is_dir())
    files = tuple(filter(_is_image, entries))
    if not files:
        raise SourceUnreadable(
            f"no images in {path}: looked for {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    return Images(files, tuple(one for one in entries if not _is_image(one)))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES


def _read(path: Path) -> Item:
    try:
        return SourceImage(str(path), read_bytes(path))
    except FileUnreadable as error:
        return UnreadableImage(error)
