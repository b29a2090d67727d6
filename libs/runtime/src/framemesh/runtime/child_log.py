"""The log file of a child process: kept small, and asked why the process ended."""

import json
import os
import shutil
from pathlib import Path

LOG_BYTES = 10 * 1024 * 1024
"""Of a log file before it is put aside. With the one that was put aside, a process takes at most
twice that, and what happened before a fault is still there."""

TAIL_BYTES = 64 * 1024
"""Of a log that is searched for the last words; a traceback in JSON takes tens of KiB."""


def bound(log: Path) -> None:
    """Put the log aside as `<name>.1` when it is large, in the place of the one before.

    It is copied and cut, not renamed: the process that writes it has it open, for appending. A
    line that is written in between is lost.
    """
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def last_words(log: Path, start: int) -> str:
    """The last error that was logged after byte `start`, or else the last line."""
    lines = _tail(log, start)
    events = [_error(line) for line in lines]
    said = next((event for event in reversed(events) if event), None)
    return said if said is not None else next(reversed(lines), "")


def _tail(log: Path, start: int) -> list[str]:
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            # A log that was cut is shorter than it was at the start.
            file.seek(max(start if start <= size else 0, size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in map(str.strip, text.splitlines()) if line]


def _error(line: str) -> str:
    """The event of a line of our services that says what is wrong; empty for any other line."""
    if not line.startswith("{"):
        return ""
    try:
        record = json.loads(line)
    except ValueError:
        return ""
    return str(record.get("event", "")) if record.get("level") in {"error", "critical"} else ""
