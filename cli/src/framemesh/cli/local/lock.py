"""One supervisor a data folder."""

import asyncio
import fcntl
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from framemesh.cli.local.errors import AlreadyRunning

DEFAULT_DATA = Path(".framemesh")
"""The default data folder, relative to the working directory."""

FILE = "lock"

LOCK_TIMEOUT_SECONDS = 1.0
"""`holder` holds the lock for a moment to find out whether it is held."""

POLL_SECONDS = 0.02


@asynccontextmanager
async def locked(data: Path) -> AsyncIterator[None]:
    """Hold the lock of a data folder. The system frees it when this process ends, however.

    Raises:
        AlreadyRunning: another process holds it.
    """
    with _open(data) as file:
        try:
            async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
                while not _lock(file.fileno(), fcntl.LOCK_EX):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise AlreadyRunning(
                f"framemesh is running in {data} already: `{down_command(data)}` stops it"
            ) from error
        _write_pid(file)
        yield


def down_command(data: Path) -> str:
    """The command that stops the mesh of this folder, to be pasted into a shell."""
    if data.absolute() == DEFAULT_DATA.absolute():
        return "framemesh down"
    return f"framemesh down --data {shlex.quote(str(data))}"


def holder(data: Path) -> int | None:
    """The process that holds the lock of a data folder; None if nobody does.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        file = (data / FILE).open("r")
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        if _lock(file.fileno(), fcntl.LOCK_SH):
            return None
        # Empty for the moment between locking and writing.
        return int(file.read() or 0) or None


def _open(data: Path) -> TextIO:
    data.mkdir(parents=True, exist_ok=True)
    return (data / FILE).open("a+")


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_pid(file: TextIO) -> None:
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
