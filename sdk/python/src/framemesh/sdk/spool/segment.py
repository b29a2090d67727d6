"""A file of records, of which the last may be torn."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from framemesh.sdk.checksum import crc32
from framemesh.sdk.spool.files import OwnedFile
from framemesh.sdk.spool.record import HEAD_BYTES, STATE_OFFSET, Head, State, decode

_NAME = re.compile(r"([0-9]{20})\.frames")


class Segment:
    """Its numbers are those of the records that are whole."""

    def __init__(self, folder: Path, first: int, *, create: bool) -> None:
        self.first = first
        """The lowest sequence number that it may hold."""
        self.path = folder / f"{first:020}.frames"
        self._file = OwnedFile(self.path, os.O_RDWR | (os.O_CREAT | os.O_EXCL if create else 0))
        self.size = os.fstat(self._file.fd).st_size
        self.last = 0
        """The highest sequence number in it; 0: there is none."""
        self.waiting = 0
        self.sent = 0
        """Records in the state SENT."""
        self.is_synced = True

    @staticmethod
    def numbers(folder: Path) -> list[int]:
        """Those of the segments in a folder, in order."""
        names = (_NAME.fullmatch(path.name) for path in folder.iterdir())
        return sorted(int(name[1]) for name in names if name)

    @property
    def is_settled(self) -> bool:
        return not self.waiting and not self.sent

    def recover(self, after: int, *, check_images: bool) -> int:
        """Count the records, and cut off what is not whole; returns how many bytes those are.

        Args:
            after: The number of the record before this segment.
            check_images: of all records; else only of the last.
        """
        end, self.last = 0, after
        for at, head in self.heads():
            if head.sequence <= self.last or (check_images and self.image(at, head) is None):
                break
            end, before, self.last, last = at + head.size, self.last, head.sequence, head
            self._count(head, 1)
        if end and not check_images and self.image(end - last.size, last) is None:
            end, self.last = end - last.size, before
            self._count(last, -1)
        cut, self.size = self.size - end, end
        if cut:
            os.ftruncate(self._file.fd, end)
        return cut

    def _count(self, head: Head, by: int) -> None:
        self.waiting += by * (head.state is State.WAITING)
        self.sent += by * (head.state is State.SENT)

    def heads(self) -> Iterator[tuple[int, Head]]:
        """Every record that is complete in length, and where it begins."""
        at = 0
        while (head := self.head(at)) is not None:
            yield at, head
            at += head.size

    def head(self, at: int) -> Head | None:
        """The head of the record at an offset; None if there is none that is whole."""
        if at >= self.size:
            return None
        head = decode(self._read(HEAD_BYTES, at))
        return head if head is not None and at + head.size <= self.size else None

    def image(self, at: int, head: Head) -> bytes | None:
        """The image of a record; None if the disk lost it."""
        image = self._read(head.image_length, at + head.image_offset)
        whole = len(image) == head.image_length and crc32(image) == head.image_crc32
        return image if whole else None

    def _read(self, size: int, at: int) -> bytes:
        """Nothing where the disk cannot read."""
        try:
            return os.pread(self._file.fd, size, at)
        except OSError:
            return b""

    def mark(self, at: int, state: State) -> None:
        os.pwrite(self._file.fd, bytes((state,)), at + STATE_OFFSET)
        self.is_synced = False

    def append(self, record: tuple[bytes, bytes]) -> int:
        """Append a record; returns where it begins.

        Raises:
            OSError: it is not there, nor a part of it.
        """
        self.is_synced = False
        begin = at = self.size
        try:
            written = os.pwritev(self._file.fd, record, at)
            if written < sum(map(len, record)):  # a disk that is nearly full
                rest = memoryview(b"".join(record))
                while written < len(rest):
                    written += os.pwrite(self._file.fd, rest[written:], at + written)
        except OSError:
            os.ftruncate(self._file.fd, begin)
            raise
        self.size = begin + written
        return begin

    def sync(self) -> None:
        if not self.is_synced:
            os.fdatasync(self._file.fd)
            self.is_synced = True

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        self._file.close()

    def close(self) -> None:
        self._file.close()
