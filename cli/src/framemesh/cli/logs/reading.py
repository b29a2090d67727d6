"""Reading logs from their beginning, one line at a time, however large they are."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from framemesh.cli.logs.entry import LogEntry
from framemesh.cli.logs.line_formats import parse
from framemesh.cli.logs.lines import Lines
from framemesh.cli.logs.log_files import LogFile

LINE_BYTES = 256 * 1024
"""Read of one line; a traceback takes tens of KiB. What is longer is told in pieces."""


FIRST_LINES = 200
"""Looked through for a time: a program that fails before it can log prints a traceback."""


def merged(files: Iterable[LogFile]) -> Iterator[LogEntry]:
    """The events of all files by time, of which one a file is in memory.

    Those of one file stay in their order.
    """
    return heapq.merge(*map(_events, files), key=lambda entry: entry.at)


def _events(file: LogFile) -> Iterator[LogEntry]:
    lines = Lines(file.source, began(file))
    for path in (file.aside, file.path):
        yield from lines.events(_lines(path))
    yield from lines.end()


def began(file: LogFile) -> float:
    """The time of the first line that has one, for those before it; else that of the last change
    to the file. In seconds since the Unix epoch."""
    for path in (file.aside, file.path):
        try:
            changed = path.stat().st_mtime
        except OSError:
            continue
        for line in islice(_lines(path), FIRST_LINES):
            if entry := parse(line, file.source, changed):
                return entry.at
        return changed
    return 0.0


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            while line := file.readline(LINE_BYTES):
                yield line.decode(errors="replace").rstrip("\r\n")
    except FileNotFoundError:
        return
