"""A disk that is small enough to be filled."""

import contextlib
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.machine.commands import run

SIZE_BYTES = 256 * 1024 * 1024
CHUNK = bytes(64 * 1024)


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted tmpfs."""

    folder: Path

    def fill(self) -> None:
        """Fill all free bytes."""
        with self._filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(CHUNK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Free what `fill` took."""
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Disk]:
    """A disk at `folder` for as long as the context lasts."""
    await run("mkdir", "--parents", str(folder))
    await run("mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "chaos", str(folder))
    try:
        yield Disk(folder)
    finally:
        with contextlib.suppress(OSError):
            await run("umount", "--lazy", str(folder))
