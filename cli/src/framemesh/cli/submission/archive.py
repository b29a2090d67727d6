"""Unpacking an archive with a model: regular files only, each counted while it is written."""

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from framemesh.cli.common.files import FileUnreadable, FileUnwritable
from framemesh.cli.submission.entries import ArchiveRefused, Entries
from framemesh.modeling.runtime_message import printable

ZIP, TAR, GZIPPED_TAR = (".zip",), (".tar",), (".tar.gz", ".tgz")

CHUNK_BYTES = 1024 * 1024

MAX_HEADER_BYTES = 8 * 1024 * 1024
"""Of what describes the entries, all of them together: both formats take it into memory."""

NO_FILE = "is a link or a device: put the file itself there"

ENCRYPTED = 0x1
"""A flag of an entry of a zip."""


def is_archive(path: Path) -> bool:
    """By its name: files of torch are zips, too."""
    return path.name.lower().endswith((*ZIP, *TAR, *GZIPPED_TAR))


def unpack(archive: Path, folder: Path) -> None:
    """Unpack it into an empty folder.

    Raises:
        ArchiveRefused: it is damaged, too large, or has links, devices, or names that lead out of
            it; what was unpacked stays.
        FileUnreadable, FileUnwritable: it cannot be read, or there is no room for it.
    """
    try:
        entries = Entries.of(archive.name, archive.stat().st_size)
        file = archive.open("rb")
    except OSError as error:
        raise FileUnreadable(f"cannot read {archive}: {_reason(error)}") from error
    with file, _named_errors(archive.name):
        if archive.name.lower().endswith(ZIP):
            _unpack_zip(file, folder, entries)
        elif archive.name.lower().endswith(TAR):
            _unpack_tar(file, folder, entries)
        else:
            with gzip.GzipFile(fileobj=file) as content:
                _unpack_tar(content, folder, entries)


@contextmanager
def _named_errors(archive: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        why = printable(str(error), 200) or "it is cut off"
        raise ArchiveRefused(f"{archive} cannot be unpacked: {why}") from error
    except OSError as error:
        raise FileUnwritable(f"cannot unpack {archive}: {_reason(error)}") from error


_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError,
    RecursionError, NotImplementedError,
)  # fmt: skip
"""What the libraries raise for an archive that is none, or that somebody made to do harm."""


def _unpack_zip(file: BinaryIO, folder: Path, entries: Entries) -> None:
    bounded = _BoundedReader(file)
    with zipfile.ZipFile(bounded) as content:
        bounded.in_entry = True
        for entry in content.infolist():
            # As the archive has it: zipfile shortens names at a zero.
            name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir():
                entries.folder(name)
            elif kind not in (0, stat.S_IFREG):
                raise entries.refused(name, NO_FILE)
            elif entry.flag_bits & ENCRYPTED:
                raise entries.refused(name, "is encrypted: pack it without a password")
            elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                # Others are unpacked into memory, whatever comes of them.
                raise entries.refused(name, "is not packed with deflate, as zip does by default")
            else:
                path = folder / entries.file(name)
                with content.open(entry) as source:
                    _write(source, path, name, entries)


def _unpack_tar(file: BinaryIO | gzip.GzipFile, folder: Path, entries: Entries) -> None:
    bounded = _BoundedReader(file)
    with tarfile.open(fileobj=bounded, mode="r:") as content:
        for entry in content:
            # Entries that were seen are of no use, and each may have a large header.
            content.members = []  # type: ignore[attr-defined]
            if entry.isdir():
                entries.folder(entry.name)
            elif not entry.isreg():
                raise entries.refused(entry.name, NO_FILE)
            elif (source := content.extractfile(entry)) is not None:
                bounded.in_entry = True
                _write(source, folder / entries.file(entry.name), entry.name, entries)
                bounded.in_entry = False


def _write(source: IO[bytes], path: Path, name: str, entries: Entries) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            entries.unpacked(name, len(chunk))
            file.write(chunk)


class _BoundedReader(io.RawIOBase):
    """What the libraries read from: headers that claim gigabytes are not taken into memory."""

    def __init__(self, file: BinaryIO | gzip.GzipFile) -> None:
        self._file = file
        self._header_bytes = 0
        self.in_entry = False
        """Whether what is read is the content of an entry, which is counted when it is written."""

    def read(self, count: int = -1) -> bytes:
        if not self.in_entry:
            self._header_bytes += max(0, count)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise ValueError(f"its headers take over {MAX_HEADER_BYTES} bytes")
        return self._file.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        # Negative sizes in headers would lead there.
        if whence == 0 and offset < 0:
            raise ValueError("an entry ends before it begins")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
