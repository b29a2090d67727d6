"""Image files as a source of frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.cli.common.files import FileUnreadable, read_bytes
from framemesh.cli.push.encoding import AS_IT_IS, Encoding, NotEncodable
from framemesh.cli.push.image_source import Item, SourceImage, SourceUnreadable, UnreadableImage

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"}
    | {".bmp", ".dib", ".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"}
)
"""Files that the mesh takes as they are, and files that OpenCV reads, which are encoded."""


@dataclass(frozen=True, slots=True)
class Images:
    """Image files, in the order of their names."""

    files: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()
    encoding: Encoding = AS_IT_IS

    @property
    def length(self) -> int:
        return len(self.files)

    def items(self) -> Iterator[Item]:
        return (_read(file, self.encoding) for file in self.files)


def is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES


def images_in(folder: Path, encoding: Encoding) -> Images:
    """The images of a folder; those in folders below it are left out.

    Raises:
        SourceUnreadable: there are none.
    """
    entries = sorted(folder.iterdir())
    files = tuple(one for one in entries if is_image(one) and not one.is_dir())
    if not files:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SourceUnreadable(f"no images in {folder}: looked for {suffixes}")
    found = set(files)
    return Images(files, tuple(one for one in entries if one not in found), encoding)


def _read(path: Path, encoding: Encoding) -> Item:
    try:
        content = read_bytes(path)
        if encoding.keeps(content) or (picture := _decoded(content)) is None:
            # What nobody can decode is sent too: ingest refuses it, with the reason.
            return SourceImage(str(path), content)
        return SourceImage(str(path), encoding.encode(picture), is_original=False)
    except FileUnreadable as error:
        return UnreadableImage(error)
    except NotEncodable as error:
        return UnreadableImage(NotEncodable(f"{path}: {error}"))


def _decoded(content: bytes) -> NDArray[np.uint8] | None:
    """[height, width, 3] of BGR, upright by its EXIF orientation; None if it is no image."""
    if not content:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        # More pixels than OpenCV takes.
        return None
    return None if picture is None else np.asarray(picture, np.uint8)
