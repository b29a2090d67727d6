"""The log file of a child process: how it is kept small, and its last line of trouble."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import NoReturn

LOG_BYTES = 10 * 1024 * 1024
"""Of a log file before it is put aside. With the one that was put aside, a process takes at most
twice that, and what happened before a fault is still there."""

_BORDER = re.compile(r"^[\s|]*(\+[-+ ]+(\d+ -+)?)?")
"""The frame that Python draws around the traceback of an exception group."""

_ERROR = re.compile(r"\[(ERR|FTL)\] (?P<event>.+)")
"""A line of nats-server about an error."""

_CRASH = re.compile(r"(panic|fatal error): .+|Signal \(\d+\) received\..*")
"""What Go and tritonserver write before the stack at which they crashed."""

BOUND_SECONDS = 5.0
"""Between two looks at the size of a log that nobody supervises."""

TAIL_BYTES = 64 * 1024
"""What is read of a log to find its last line; a traceback in JSON takes tens of KiB."""


def prepare(log: Path) -> None:
    """Make the folder of a log, and put aside what an earlier process wrote, when it is large.

    Raises:
        OSError: the folder cannot be made.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    bound(log)


def bound(log: Path) -> None:
    """Put the log aside as `<name>.1` when it is large, in the place of the one before.

    It is copied and cut, not renamed: the process that writes it has it open, for appending. A
    line that is written in between is lost. A log that cannot be cut grows: its process is worth
    more.
    """
    with contextlib.suppress(OSError):
        if log.exists() and log.stat().st_size > LOG_BYTES:
            # On a full disk the log is lost, and the disk a little less full.
            with contextlib.suppress(OSError):
                shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


async def keep_bounded(log: Path) -> NoReturn:
    """Put the log aside whenever it is large, until this is cancelled."""
    while True:
        await asyncio.to_thread(bound, log)
        await asyncio.sleep(BOUND_SECONDS)


def last_log_line(log: Path, start: int) -> str:
    """The last error that was logged after byte `start`, or else the last line.

    A crash is told with the error before it, which often is its cause.
    """
    records = [_record(line) for line in _tail(log, start)]
    errors = [event for level, event in records if level in {"error", "critical"}]
    crashes = [event for level, event in records if level == "crash"]
    last = next((event for _, event in reversed(records)), "")
    return " after: ".join([*crashes[-1:], *errors[-1:]]) or last


def _tail(log: Path, start: int) -> list[str]:
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            # A log that was cut is shorter than it was at the start.
            file.seek(max(start if start <= size else 0, size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    lines = (_BORDER.sub("", line).rstrip() for line in text.splitlines())
    return [line for line in lines if line]


def _record(line: str) -> tuple[str, str]:
    """Level and event of a line of a log; most lines that are not our own have no level."""
    try:
        record = json.loads(line)
        # The name of a file that is no UTF-8 has half of a surrogate pair, which no message takes.
        event = str(record["event"]).encode(errors="replace").decode()
        return str(record["level"]), event
    except (ValueError, LookupError, TypeError):
        if crash := _CRASH.match(line):
            return "crash", crash[0]
        error = _ERROR.search(line)
        return ("error", error["event"]) if error else ("", line)
