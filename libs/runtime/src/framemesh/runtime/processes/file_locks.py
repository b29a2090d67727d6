"""Files that processes share: locks of the kernel say who uses one, and end with their process."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import BinaryIO


def lock_alone(file: BinaryIO) -> bool:
    """Lock it against everybody, unless somebody has it. Closing the file ends the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file still has this name: it may have been removed before it was locked."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def removed(path: Path) -> bool:
    """Remove a file unless somebody uses it; returns whether it was removed."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if lock_alone(file) and is_at(file, path):
            path.unlink()
            return True
    return False
