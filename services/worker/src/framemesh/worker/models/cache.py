"""ONNX files by their digest, in a folder that the workers of a node share.

`<digest>.onnx` is whole: it was written under another name and compared first. Locks of the kernel
tell who uses a file and who downloads it; they end with their process, however it ends.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import ModelVersion
from framemesh.modeling.source import is_file_of
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.file_locks import is_at, lock_alone, removed

log = get_logger()

MAX_BYTES = 8 * 1024**3
"""Of all files together. What running workers use is kept all the same."""

MAX_UNUSED_SECONDS = 7 * 86_400
"""A file that no worker was started with for so long goes."""

POLL_SECONDS = 0.2
"""Poll interval while another process downloads."""

Download = Callable[[BinaryIO], Awaitable[None]]
"""Writes the content of a file. The file is on disk, so writing may block: do it in a thread."""


class ModelDamaged(FramemeshError):
    """What was downloaded is not the file that was announced."""

    code = Code.UNAVAILABLE


class CacheUnusable(FramemeshError):
    """The folder of downloaded models cannot be written to."""

    code = Code.EXHAUSTED
    scarce = True


class ModelCache:
    """Files that this process uses stay until `close`, whatever other processes remove."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._used: dict[str, BinaryIO] = {}
        """By digest; each is locked for as long as it is open."""
        # Two stages may have one model.
        self._fetching = asyncio.Lock()

    async def fetch(self, model: ModelVersion, download: Download) -> Path:
        """The file of a model; it is downloaded unless it is here, or another process does that.

        Raises:
            ModelDamaged: what was downloaded has another digest.
            CacheUnusable: there is no room for it, or the folder cannot be written to.
        """
        async with self._fetching:
            if model.digest not in self._used:
                try:
                    self._used[model.digest] = await self._fetch(model, download)
                except OSError as error:
                    raise CacheUnusable(
                        f"cannot store the {model.size_bytes} bytes of model {model.manifest.name} "
                        f"in {self._folder}: {(error.strerror or str(error)).lower()}"
                    ) from error
        return self._path(model)

    def close(self) -> None:
        """Let go of all files: other processes may remove them from now on."""
        while self._used:
            self._used.popitem()[1].close()

    async def _fetch(self, model: ModelVersion, download: Download) -> BinaryIO:
        """The file, opened and locked."""
        if (file := await asyncio.to_thread(self._open_whole, model)) is not None:
            return file
        part = await self._own_part(model)
        try:
            # Another process may have been faster.
            if (file := await asyncio.to_thread(self._open_whole, model)) is not None:
                await asyncio.to_thread(self._part(model).unlink)
                part.close()
                return file
            await download(part)
            await asyncio.to_thread(self._place, part, model)
        except BaseException:
            part.close()
            raise
        await asyncio.to_thread(self._remove_unused)
        return part

    def _open_whole(self, model: ModelVersion) -> BinaryIO | None:
        path = self._path(model)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        fcntl.flock(file, fcntl.LOCK_SH)
        if is_at(file, path):
            if is_file_of(model, path):
                os.utime(path)
                return file
            log.warning("a downloaded model is damaged, fetching it again", path=str(path))
            path.unlink(missing_ok=True)
        file.close()
        return None

    async def _own_part(self, model: ModelVersion) -> BinaryIO:
        """The file that a download goes to; empty, and nobody else writes to it."""
        waits = False
        while (part := await asyncio.to_thread(self._lock_part, model)) is None:
            if not waits:
                log.info("model is downloaded by another worker", model=model.manifest.name)
            waits = True
            await asyncio.sleep(POLL_SECONDS)
        return part

    def _lock_part(self, model: ModelVersion) -> BinaryIO | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._part(model)
        file = path.open("ab")
        if lock_alone(file) and is_at(file, path):
            # What a process that was killed has written.
            file.truncate(0)
            return file
        file.close()
        return None

    def _place(self, part: BinaryIO, model: ModelVersion) -> None:
        part.flush()
        os.fsync(part.fileno())
        if not is_file_of(model, self._part(model)):
            raise ModelDamaged(
                f"the download of model {model.manifest.name} is not the file that was announced "
                f"({model.size_bytes} bytes, SHA-256 {model.digest}): it will be fetched again"
            )
        self._part(model).rename(self._path(model))
        _sync(self._folder)
        # From a writer's lock to a reader's: the file is in use.
        fcntl.flock(part, fcntl.LOCK_SH)

    def _remove_unused(self) -> None:
        """Evict unused files beyond the bounds, least recently used first."""
        files = sorted(self._files(), key=lambda each: each[0].st_mtime)
        size = sum(stat.st_size for stat, _ in files)
        oldest = time.time() - MAX_UNUSED_SECONDS
        for stat, path in files:
            if (size > self._max_bytes or stat.st_mtime < oldest) and removed(path):
                log.info("model is removed from the cache", path=str(path), bytes=stat.st_size)
                size -= stat.st_size

    def _files(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self._folder.glob("*.onnx*"):
            with contextlib.suppress(FileNotFoundError):  # another process removes some as well
                yield path.stat(), path

    def _path(self, model: ModelVersion) -> Path:
        return self._folder / f"{model.digest}.onnx"

    def _part(self, model: ModelVersion) -> Path:
        return self._folder / f"{model.digest}.onnx.part"


def _sync(folder: Path) -> None:
    """Keep the names in a folder through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
