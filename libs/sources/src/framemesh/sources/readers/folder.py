"""Folders of images and videos, in the order of their names."""

from collections.abc import Callable, Iterator
from pathlib import Path

from framemesh.core.errors import FramemeshError
from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.images import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from framemesh.sources.messages import Opened, UnreadableFrame
from framemesh.sources.readers.image_file import read_image
from framemesh.sources.readers.picture import Item, Picture, Reader


class Folder:
    """What is in a folder now; what is in folders below it is left out. One entry that cannot be
    read costs no other."""

    def __init__(self, folder: Path, open_video: Callable[[Path], Reader]) -> None:
        """
        Raises:
            SourceUnreadable: there is nothing of a kind that is read.
        """
        entries = sorted_entries(folder)
        self._files = [one for one in entries if _is_read(one) and not one.is_dir()]
        self._open_video = open_video
        self._shortfalls: list[str] = []
        self.damaged = 0
        if not self._files:
            suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
            raise SourceUnreadable(f"no images in {folder}, and no videos: looked for {suffixes}")
        found = set(self._files)
        only_images = all(one.suffix.lower() in IMAGE_SUFFIXES for one in self._files)
        self.opened = Opened(
            live=False,
            length=len(self._files) if only_images else None,
            description=f"a folder of {len(self._files)} files",
            left_out=tuple(
                f"{one.name}{'/' * one.is_dir()}" for one in entries if one not in found
            ),
        )

    @property
    def shortfall(self) -> str:
        return "; ".join(self._shortfalls)

    def items(self) -> Iterator[Item]:
        for at, path in enumerate(self._files):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                yield read_image(path, (at + 1) / len(self._files))
            else:
                yield from self._video(path, at)

    def close(self) -> None:
        """Nothing is open between two items."""

    def _video(self, path: Path, at: int) -> Iterator[Item]:
        try:
            video = self._open_video(path)
        except FramemeshError as error:
            yield UnreadableFrame(str(error))
            return
        try:
            for item in video.items():
                if isinstance(item, Picture):
                    item.progress = (at + (item.progress or 0.0)) / len(self._files)
                yield item
        except FramemeshError as error:
            yield UnreadableFrame(str(error))
        else:
            if video.shortfall:
                self._shortfalls.append(video.shortfall)
        finally:
            self.damaged += video.damaged
            video.close()


def sorted_entries(folder: Path) -> list[Path]:
    """
    Raises:
        SourceUnreadable: it is gone, or may not be read.
    """
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SourceUnreadable(f"cannot read the folder {folder}: {why}") from error


def _is_read(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES | VIDEO_SUFFIXES
