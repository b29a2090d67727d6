"""What an archive of a model may have: files and folders below its top, and not too many."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.loadable import MAX_FILE_BYTES
from framemesh.modeling.runtime_message import printable

MIB = 1024 * 1024

MAX_ENTRIES = 2000
"""Some exporters write each tensor to a file of its own."""

MAX_BYTES = MAX_FILE_BYTES + 64 * MIB
"""Unpacked: the largest model, and what lies beside it."""

MAX_RATIO = 100
"""Of what is unpacked to the archive. Weights hardly get smaller; zeros do by 1,000."""

FREE_BYTES = 64 * MIB
"""May be unpacked whatever the ratio."""

MAX_SHOWN = 80
"""Characters of a name."""


class ArchiveRefused(FramemeshError):
    """An archive has what no model needs, or is none."""

    code = Code.INVALID


@dataclass(slots=True)
class Entries:
    """Of one archive, as they come."""

    archive: str
    max_bytes: int
    """Of all files together."""
    _files: set[PurePosixPath] = field(default_factory=set)
    _folders: set[PurePosixPath] = field(default_factory=set)
    _count: int = 0
    _bytes: int = 0

    @classmethod
    def of(cls, archive: str, archive_bytes: int) -> "Entries":
        """Of an archive of this name and size."""
        return cls(archive, min(MAX_BYTES, FREE_BYTES + MAX_RATIO * archive_bytes))

    def file(self, name: str) -> PurePosixPath:
        """Where a file goes, below the folder that is unpacked to.

        Raises:
            ArchiveRefused: it would lie elsewhere, or where another one does.
        """
        path = self._checked(name)
        if path in self._files or path in self._folders or not path.parts:
            raise self.refused(name, "is there twice")
        if self._files.intersection(path.parents):
            raise self.refused(name, "lies in a file")
        self._files.add(path)
        self._folders.update(path.parents)
        return path

    def folder(self, name: str) -> None:
        """A folder, which the files in it make anew.

        Raises:
            ArchiveRefused: it would lie elsewhere, or is a file as well.
        """
        if (path := self._checked(name)) in self._files:
            raise self.refused(name, "is there twice")
        self._folders.update((path, *path.parents))

    def unpacked(self, name: str, count: int) -> None:
        """Count bytes of a file, before they are written.

        Raises:
            ArchiveRefused: there are too many.
        """
        self._bytes += count
        if self._bytes > self.max_bytes:
            raise self.refused(
                name,
                f"makes it over {self.max_bytes // MIB} MiB unpacked, more than a model of its size"
                " has",
            )

    def refused(self, name: str, why: str) -> ArchiveRefused:
        return ArchiveRefused(f"{self.archive}: {printable(name, MAX_SHOWN)!r} {why}")

    def _checked(self, name: str) -> PurePosixPath:
        self._count += 1
        if self._count > MAX_ENTRIES:
            raise ArchiveRefused(f"{self.archive} has over {MAX_ENTRIES} entries")
        path = PurePosixPath(name)
        if path.is_absolute() or _leads_out(path.parts) or "\\" in name or "\0" in name:
            raise self.refused(name, "lies outside of the archive's folder")
        return path


def _leads_out(parts: Iterable[str]) -> bool:
    return any(part == ".." or part[1:2] == ":" for part in parts)
