"""The folder of a sink, which one process at a time writes to."""

import os
import re
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from framemesh.runtime.processes.file_locks import lock_alone
from framemesh.sink.errors import TargetTrouble, file_trouble

PART = ".part"
"""The end of the name of a file that is not complete."""

_STAMPED = re.compile(r"\d{8}T\d{6}Z-\d{3}")


class Folder:
    """Made when it is opened. All of it blocks; raises TargetTrouble."""

    def __init__(self, path: Path, sink: str) -> None:
        self.path = path
        self._sink = sink
        self._lock: BinaryIO | None = None

    def open(self) -> None:
        """Make the folder, and keep other processes from writing for the same sink."""
        if self._lock is not None:
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / f".{self._sink}.lock").open("ab")
        except OSError as error:
            raise file_trouble(error, str(self.path)) from error
        if not lock_alone(lock):
            lock.close()
            raise TargetTrouble(f"another process still writes to {self.path} for this sink")
        self._lock = lock

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def parts(self, end: str) -> list[Path]:
        """Files of this sink that are not complete, the oldest first."""
        found = self.path.glob(f"{self._sink}-*{end}{PART}")
        return sorted(path for path in found if self._owns(path))

    def _owns(self, path: Path) -> bool:
        """Whether a file is of this sink, and not of `yard-2` where this one is `yard`."""
        return _STAMPED.match(path.name.removeprefix(f"{self._sink}-")) is not None

    def new(self, stamp: str, end: str) -> Path:
        """The path of a part that is not there yet; `stamp` is its time, without a dash."""
        number = 0
        while True:
            name = f"{self._sink}-{stamp}-{number:03d}{end}"
            if not any((self.path / each).exists() for each in (name, f"{name}{PART}")):
                return self.path / f"{name}{PART}"
            number += 1

    def complete(self, part: Path) -> Path:
        """Give a part, which is on disk, its name: it is complete when others see it."""
        whole = part.with_name(part.name.removesuffix(PART))
        try:
            part.rename(whole)
            self.sync()
        except OSError as error:
            raise file_trouble(error, str(whole)) from error
        return whole

    def sync(self) -> None:
        """Make names durable."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_all(file: FileIO, content: bytes) -> None:
    """A file that is not buffered may take less at once, as on a disk that is nearly full.

    Raises:
        OSError: it takes no more.
    """
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]
