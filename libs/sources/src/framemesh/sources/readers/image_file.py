"""One image file."""

from collections.abc import Iterator
from pathlib import Path

from framemesh.sources.messages import Opened, UnreadableFrame
from framemesh.sources.readers.picture import Item, Picture
from framemesh.sources.spec import MAX_PICTURE_BYTES


def read_image(path: Path, progress: float | None = None) -> Item:
    """An image; what cannot be read costs no other."""
    try:
        if path.stat().st_size > MAX_PICTURE_BYTES:
            return UnreadableFrame(f"cannot read {path}: it has over {MAX_PICTURE_BYTES} bytes")
        return Picture(str(path), encoded=path.read_bytes(), progress=progress)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return UnreadableFrame(f"cannot read {path}: {why}")


class ImageFile:
    """A source of one frame."""

    damaged = 0
    shortfall = ""
    opened = Opened(live=False, length=1, description="an image")

    def __init__(self, path: Path) -> None:
        self._path = path

    def items(self) -> Iterator[Item]:
        yield read_image(self._path, progress=1.0)

    def close(self) -> None:
        """Nothing is open."""
