"""Files of a spool that belong to one process."""

import fcntl
import os
import weakref
from pathlib import Path

from framemesh.sdk.errors import SpoolInUse

_owned: "weakref.WeakSet[OwnedFile]" = weakref.WeakSet()


class OwnedFile:
    """An open file, which is closed in a child of `fork`: there it would keep the lock of the
    spool, and the room of deleted segments, for as long as the child lives."""

    def __init__(self, path: Path, flags: int) -> None:
        self.fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
        _owned.add(self)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class LockFile(OwnedFile):
    """A file that is locked."""

    def release(self) -> None:
        """Another process may have the lock now, also where a child that was forked just before has
        not run yet, and still has the file open."""
        if self.fd >= 0:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.close()


def _close_all() -> None:
    for file in list(_owned):
        file.close()


os.register_at_fork(after_in_child=_close_all)


def lock(path: Path) -> LockFile:
    """Lock a file for this process, until it is released.

    Raises:
        SpoolInUse: another process, or another camera of this one, has it.
    """
    file = LockFile(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise SpoolInUse(
            f"the spool {path.parent} is used by another camera: a spool belongs to one process; "
            "end that one, or choose another folder"
        ) from None
    return file


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
