"""Reading what is added to logs, through their rotation, restarts and new programs."""

import os
from collections.abc import Iterator
from pathlib import Path

from framemesh.cli.logs.entry import LogEntry
from framemesh.cli.logs.lines import Lines
from framemesh.cli.logs.log_files import LogFile, log_files
from framemesh.cli.logs.reading import LINE_BYTES, began

BEFORE_BYTES = 256 * 1024
"""Of each log that are read at first: some thousand lines."""

PART_BYTES = 1024 * 1024
"""Read of each log at once."""


class FollowedLogs:
    """The logs of a data folder. `new` gives each event once."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._files: dict[Path, _FollowedFile] = {}
        self._first = True

    def new(self) -> list[LogEntry]:
        """What came since the last call, by time; at first the end of each log.

        At most PART_BYTES of a log: more comes with the next call.
        """
        found = {file.path: file for file in log_files(self._data)}
        self._files = {path: file for path, file in self._files.items() if path in found}
        for path, file in found.items():
            if path not in self._files:
                # The log of a program that is new since is read from its beginning.
                self._files[path] = _FollowedFile(file, BEFORE_BYTES if self._first else None)
        self._first = False
        entries = [entry for file in self._files.values() for entry in file.new()]
        return sorted(entries, key=lambda entry: entry.at)


class _FollowedFile:
    """One log, and how far it was read."""

    def __init__(self, file: LogFile, before_bytes: int | None) -> None:
        self._file = file
        self._lines = Lines(file.source, began(file))
        self._position, self._identity = _size(file.path)
        self._aside = _changed(file.aside)
        self._in_aside = False
        """Whether it was put aside, and the rest of that is still to be read."""
        self._half = b""
        """The beginning of a line whose end is not written yet."""
        if before_bytes is None:
            self._position = 0
            return
        self._position = max(0, self._position - before_bytes)
        if self._position:
            self._skip_line()

    def new(self) -> Iterator[LogEntry]:
        """The events of the lines that were added."""
        content = self._read()
        if content:
            yield from self._lines.events(self._whole_lines(content))
        else:
            # A crash that nothing follows is whole.
            yield from self._lines.end()

    def _read(self) -> bytes:
        size, identity = _size(self._file.path)
        if identity != self._identity:
            # Another file of this name: a program that begins its log anew.
            self._identity, self._position = identity, 0
        if self._was_put_aside(size):
            self._in_aside = True
        elif size < self._position and not self._in_aside:
            # It was cut, and there was no room to put it aside.
            self._position = 0
        if self._in_aside:
            if rest := _part(self._file.aside, self._position):
                self._position += len(rest)
                return rest
            self._in_aside, self._position = False, 0
        content = _part(self._file.path, self._position)
        self._position += len(content)
        return content

    def _was_put_aside(self, size: int) -> bool:
        """Whether it was copied since, and then cut: between the two it has all that the copy has,
        and after them it is shorter."""
        aside = _changed(self._file.aside)
        if aside == self._aside or size >= aside[0]:
            return False
        self._aside = aside
        return True

    def _whole_lines(self, content: bytes) -> Iterator[str]:
        *lines, self._half = (self._half + content).split(b"\n")
        if len(self._half) > LINE_BYTES:
            lines.append(self._half)
            self._half = b""
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")

    def _skip_line(self) -> None:
        """The reading began in the middle of one."""
        try:
            with self._file.path.open("rb") as file:
                file.seek(self._position)
                self._position += len(file.readline(LINE_BYTES))
        except OSError:
            return


def _size(path: Path) -> tuple[int, int]:
    """Bytes, and the number of the file; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_ino


def _changed(path: Path) -> tuple[int, int]:
    """Bytes, and when they were written last; zeros where there are none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _part(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position, os.SEEK_SET)
            return file.read(PART_BYTES)
    except OSError:
        return b""
