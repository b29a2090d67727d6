"""A model's file on its way in: on disk, not in memory, and gone with the call that brought it."""

import asyncio
import contextlib
import errno
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.loadable import MAX_FILE_BYTES


class ModelTooLarge(FramemeshError):
    """An ONNX file is over the limit."""

    code = Code.INVALID


class SpoolFailed(FramemeshError):
    """The master's disk does not take the file."""

    code = Code.EXHAUSTED


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A whole file, as it came."""

    file: BinaryIO
    size_bytes: int
    digest: str
    """SHA-256, in hexadecimal."""

    @property
    def path(self) -> Path:
        """It has no name of its own, so a master that is killed leaves nothing."""
        return Path(f"/proc/self/fd/{self.file.fileno()}")


@asynccontextmanager
async def spooled(
    chunks: AsyncIterator[bytes], folder: Path, max_bytes: int = MAX_FILE_BYTES
) -> AsyncIterator[SpooledFile]:
    """What comes in chunks, as a file below `folder` that is gone when the context ends.

    Raises:
        ModelTooLarge: it is over `max_bytes`.
        SpoolFailed: the disk is full, or the folder cannot be written to.
    """
    writer: _Writer | None = None
    try:
        try:
            writer = await asyncio.to_thread(_Writer, folder)
            async for chunk in chunks:
                if writer.size_bytes + len(chunk) > max_bytes:
                    raise ModelTooLarge(f"the file is over {max_bytes} bytes")
                await asyncio.to_thread(writer.write, chunk)
            await asyncio.to_thread(writer.file.flush)
        except OSError as error:
            raise _failed(folder, error) from error
        yield SpooledFile(writer.file, writer.size_bytes, writer.digest.hexdigest())
    finally:
        if writer is not None:
            await asyncio.to_thread(writer.close)


class _Writer:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # Closed by `close`: the file outlives this call.
        self.file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self.size_bytes = 0
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.file.write(chunk)
        self.size_bytes += len(chunk)

    def close(self) -> None:
        # What the disk did not take is written once more here, and fails once more.
        with contextlib.suppress(OSError):
            self.file.close()


def _failed(folder: Path, error: OSError) -> SpoolFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpoolFailed(
            f"no room for the file in {folder} of the master: make room, or set "
            "FRAMEMESH_MASTER_SPOOL to another disk"
        )
    return SpoolFailed(f"the master cannot write to {folder}: {(error.strerror or '').lower()}")
