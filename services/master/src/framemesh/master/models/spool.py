"""Files of models on their way in: on disk, not in memory. What came of a call that broke is kept,
so that the next one goes on from there; what is whole goes with the call that brought it."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from framemesh.core.clock import NANO, Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.master.models.upload import Upload, disk_errors
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.file_locks import is_at, lock_alone, removed

log = get_logger()

FOLDER = "framemesh-uploads"

MAX_FILES = 16
MAX_BYTES = 4 * 1024**3
"""Of all that is kept of broken calls: two files of the largest size."""

MAX_AGE_SECONDS = 24 * 3600.0
"""Whoever goes on with an upload does so on the same day."""

BUSY_SECONDS = 40.0
"""Longer than a call that went silent goes on: its file is then free for the next one."""

POLL_SECONDS = 0.2


class UploadBusy(FramemeshError):
    """Another call sends the same file."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class SpoolBounds:
    """Of what is kept of calls that broke."""

    max_files: int = MAX_FILES
    max_bytes: int = MAX_BYTES
    max_age_seconds: float = MAX_AGE_SECONDS


class Spool:
    """A folder; several processes may share it."""

    def __init__(self, folder: Path, clock: Clock, bounds: SpoolBounds | None = None) -> None:
        self._folder = folder / FOLDER
        self._clock = clock
        self._bounds = bounds or SpoolBounds()

    @asynccontextmanager
    async def upload(self, digest: str, size_bytes: int) -> AsyncIterator[Upload]:
        """The file with this digest, as far as it came earlier; nobody else writes it meanwhile.

        Raises:
            UploadBusy: another call sends it, and does not end.
            SpoolFailed: the disk is full, or the folder cannot be written to.
        """
        await asyncio.to_thread(self.expire)
        upload = await self._own(digest, size_bytes)
        try:
            yield upload
        finally:
            # A call that is cancelled once more meanwhile must not leave it locked.
            await asyncio.shield(asyncio.to_thread(_close, upload))

    def expire(self) -> None:
        """Remove what is kept of calls that broke and is too old, or too much. Blocks."""
        parts = sorted(
            ((stat.st_mtime, stat.st_size, path) for stat, path in self._parts()), reverse=True
        )
        oldest = self._clock.unix_nano() / NANO - self._bounds.max_age_seconds
        files = size = 0
        for modified, part_bytes, path in parts:
            files, size = files + 1, size + part_bytes
            too_much = files > self._bounds.max_files or size > self._bounds.max_bytes
            if (too_much or modified < oldest) and removed(path):
                log.info("a part of a model is removed", path=str(path), bytes=part_bytes)
                files, size = files - 1, size - part_bytes

    def _parts(self) -> list[tuple[os.stat_result, Path]]:
        found = []
        for path in self._folder.glob("*.part"):
            # Another process may remove some as well.
            with contextlib.suppress(FileNotFoundError):
                found.append((path.stat(), path))
        return found

    async def _own(self, digest: str, size_bytes: int) -> Upload:
        waited = 0.0
        while (found := await self._opened(digest, size_bytes)) is None:
            if waited >= BUSY_SECONDS:
                raise UploadBusy("another call sends the same file: try again in a moment")
            waited += POLL_SECONDS
            await asyncio.sleep(POLL_SECONDS)
        if found.received_bytes > size_bytes:
            await found.restart()
        return found

    async def _opened(self, digest: str, size_bytes: int) -> Upload | None:
        opening = asyncio.ensure_future(asyncio.to_thread(self._open, digest, size_bytes))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The thread goes on, and what it opens would stay locked.
            opening.add_done_callback(_close_opened)
            raise

    def _open(self, digest: str, size_bytes: int) -> Upload | None:
        """None while somebody else has it."""
        path = self._folder / f"{digest}.part"
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Closed by `_close`: the file outlives this call.
            file = path.open("a+b")
            file.seek(0)
        if not (lock_alone(file) and is_at(file, path)):
            file.close()
            return None
        return Upload(file, path, digest, size_bytes)


def _close_opened(opening: asyncio.Future[Upload | None]) -> None:
    if not opening.cancelled() and not opening.exception() and (upload := opening.result()):
        upload.file.close()


def _close(upload: Upload) -> None:
    if not upload.resumable:
        # While it is locked: from here on the name is free for the next call.
        upload.path.unlink(missing_ok=True)
    # What the disk did not take is written once more here, and fails once more.
    with contextlib.suppress(OSError):
        upload.file.close()
