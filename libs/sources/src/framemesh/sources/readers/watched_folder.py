"""A folder into which somebody puts images: each is given once, when it is complete."""

import time
from collections.abc import Iterator
from pathlib import Path

from framemesh.sources.images import IMAGE_SUFFIXES
from framemesh.sources.messages import Opened
from framemesh.sources.readers.folder import sorted_entries
from framemesh.sources.readers.image_file import read_image
from framemesh.sources.readers.picture import Item

POLL_SECONDS = 0.2
"""Between two looks. inotify tells nothing of folders on the network, where cameras put theirs."""

Version = tuple[int, int]
"""Size and time of the last change of a file."""


class WatchedFolder:
    """It has no end. A file that is written again is given again."""

    damaged = 0
    shortfall = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: dict[str, Version] = {}
        """By name, of files that are there: as many as the folder has."""
        self._seen: dict[str, Version] = {}
        """Files that are not given yet, as they were at the last look."""
        self.opened = Opened(live=False, description="a folder that is watched")

    def items(self) -> Iterator[Item]:
        """
        Raises:
            SourceUnreadable: the folder is gone.
        """
        while True:
            for path in self._complete():
                yield read_image(path)
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Nothing is open between two looks."""

    def _complete(self) -> list[Path]:
        """New files that have not changed since the last look, oldest first."""
        there = {one.name: v for one in self._images() if (v := _version(one)) is not None}
        new = {name: v for name, v in there.items() if self._given.get(name) != v}
        complete = [name for name, v in new.items() if self._seen.get(name) == v]
        self._seen = {name: v for name, v in new.items() if name not in complete}
        self._given = {name: v for name, v in self._given.items() if name in there}
        self._given |= {name: new[name] for name in complete}
        complete.sort(key=lambda name: (there[name][1], name))
        return [self._folder / name for name in complete]

    def _images(self) -> Iterator[Path]:
        return (one for one in sorted_entries(self._folder) if one.suffix.lower() in IMAGE_SUFFIXES)


def _version(path: Path) -> Version | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # An empty file is one that somebody is about to write.
    return (found.st_size, found.st_mtime_ns) if found.st_size else None
