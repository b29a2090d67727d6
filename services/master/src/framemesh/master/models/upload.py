"""The file of a model that is on its way in, as far as it came."""

import asyncio
import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from framemesh.core.errors import Code, FramemeshError

READ_BYTES = 1024 * 1024


class ModelTooLarge(FramemeshError):
    """A file is over the limit, or longer than was announced."""

    code = Code.INVALID


class UploadDamaged(FramemeshError):
    """What came is not the file that was announced."""

    code = Code.INVALID


class UploadStale(FramemeshError):
    """What was kept of an earlier call is not the beginning of the file."""

    code = Code.UNAVAILABLE


class SpoolFailed(FramemeshError):
    """The master's disk does not take the file."""

    code = Code.EXHAUSTED


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Around what writes to `folder`.

    Raises:
        SpoolFailed: the disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SpoolFailed(
                f"no room for the file in {folder} of the master: make room, or set "
                "FRAMEMESH_MASTER_SPOOL to another disk"
            ) from error
        reason = (error.strerror or str(error)).lower()
        raise SpoolFailed(f"the master cannot write to {folder}: {reason}") from error


class Upload:
    """A file on disk, which one call writes."""

    def __init__(self, file: BinaryIO, path: Path, digest: str, size_bytes: int) -> None:
        """
        Args:
            file: open for reading and writing; what it holds came earlier. Read here: blocks.
            digest: SHA-256 of the whole file as announced, in hexadecimal.
            size_bytes: of the whole file, as announced.
        """
        self.file = file
        self.path = path
        self.digest = digest
        self.size_bytes = size_bytes
        self.received_bytes = 0
        self._hash = hashlib.sha256()
        while chunk := file.read(READ_BYTES):
            self._hash.update(chunk)
            self.received_bytes += len(chunk)
        self._resumed = self.received_bytes > 0
        self._failed = False

    @property
    def resumable(self) -> bool:
        """Whether a later call can go on with it."""
        return 0 < self.received_bytes < self.size_bytes and not self._failed

    async def restart(self) -> None:
        """Forget what came."""
        await asyncio.to_thread(self._restart)

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes.

        Raises:
            ModelTooLarge: those are more than was announced.
            SpoolFailed: the disk does not take them.
        """
        if self.received_bytes + len(chunk) > self.size_bytes:
            await self.restart()
            raise ModelTooLarge(f"the file is over the {self.size_bytes} bytes that were announced")
        await asyncio.to_thread(self._write, chunk)

    async def check(self) -> None:
        """Compare the whole file with what was announced.

        Raises:
            UploadDamaged, UploadStale: it is another one, which goes.
            SpoolFailed: the disk does not take it.
        """
        await asyncio.to_thread(self._flush)
        if self._hash.hexdigest() != self.digest:
            if self._resumed:
                raise UploadStale("what came of the file earlier was damaged: send it again")
            raise UploadDamaged(
                f"the file that came does not have the SHA-256 that was announced, {self.digest}: "
                "submit it again, and leave it unchanged meanwhile"
            )

    def _restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.received_bytes = 0
        self._hash = hashlib.sha256()
        self._resumed = False

    def _write(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._failed = True
        with disk_errors(self.path.parent):
            self.file.write(chunk)
        self._failed = False
        self.received_bytes += len(chunk)

    def _flush(self) -> None:
        with disk_errors(self.path.parent):
            self.file.flush()
