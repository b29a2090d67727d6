"""One supervisor a data folder."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from framemesh.cli.embedded.errors import AlreadyRunning

FILE = "lock"

PATIENCE_SECONDS = 1.0
"""Whoever asks whether the lock is held holds it for a moment."""


@contextlib.contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the lock of a data folder. The system frees it when this process ends, however.

    Raises:
        AlreadyRunning: another process holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / FILE).open("a+") as file:
        _lock(file.fileno(), data)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(data: Path) -> int | None:
    """The process that holds the lock of a data folder; None if nobody does."""
    try:
        file = (data / FILE).open("r")
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            # Empty for the moment between locking and writing.
            return int(file.read() or 0) or None
    return None


def _lock(file: int, data: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise AlreadyRunning(
                    f"framemesh is running in {data} already: `framemesh down` stops it"
                ) from error
        time.sleep(0.02)
