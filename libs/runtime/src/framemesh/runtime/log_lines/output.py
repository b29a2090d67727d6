"""Writes the lines of a log where they can be written, and loses them where they cannot.

No line is worth more than what it tells of. A full disk, a pipe whose reader is gone and one whose
reader has stopped cost a service its log and nothing else: `write` neither raises nor waits.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

PART_BYTES = select.PIPE_BUF
"""Written at once: a pipe that takes anything takes so much without a wait."""

WAITING_BYTES = 1024 * 1024
"""Held while a reader is slow: what a service logs in minutes."""

END_SECONDS = 1.0
"""For a slow reader to take the last lines of a process."""


@dataclass(slots=True)
class _Waiting:
    """A line, or what is left of it to be written."""

    content: bytes
    stands_for: int
    """How many lines: one that tells of lost ones stands for all of them."""


class LogOutput:
    """The lines of one process, to one file descriptor. May be used by any thread."""

    def __init__(self, descriptor: int, lost_line: Callable[[int], str]) -> None:
        """`lost_line` words how many lines were lost; it is written as soon as one can be."""
        self._descriptor = descriptor
        self._lost_line = lost_line
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._lost = 0
        self._started = False
        """Whether a part of the first line is written."""
        self._torn = False
        """Whether the last line that was written lacks its end."""
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Write a line, and those that wait for a slow reader; or let them wait, or lose them."""
        with self._lock:
            self._tell_lost()
            self._add(line, 1)
            self._send()

    def flush(self, seconds: float = END_SECONDS) -> None:
        """Wait until all lines are written, for so long at most."""
        end = time.monotonic() + seconds
        with self._lock:
            self._tell_lost()
            self._send()
            while self._waiting and (left := end - time.monotonic()) > 0:
                self._ready(left)
                self._send()

    def _tell_lost(self) -> None:
        """Once there is room for more than this one line: not after each second line."""
        if self._lost and self._waiting_bytes < WAITING_BYTES / 2:
            lost, self._lost = self._lost, 0
            self._add(self._lost_line(lost), lost)

    def _add(self, line: str, stands_for: int) -> None:
        # Half of a surrogate pair, as in the name of a file that is no UTF-8, is in no encoding.
        content = line.encode(errors="backslashreplace") + b"\n"
        if self._waiting_bytes + len(content) > WAITING_BYTES:
            self._lost += stands_for
            return
        self._waiting.append(_Waiting(content, stands_for))
        self._waiting_bytes += len(content)

    def _send(self) -> None:
        while self._waiting and self._ready(0):
            first = self._waiting[0]
            end_of_torn = b"\n" if self._torn else b""
            try:
                part = end_of_torn + first.content
                written = os.write(self._descriptor, part[:PART_BYTES]) - len(end_of_torn)
            except BlockingIOError:
                return
            except OSError:
                self._lose()
                return
            self._torn = False
            self._waiting_bytes -= written
            first.content = first.content[written:]
            self._started = bool(first.content)
            if not first.content:
                self._waiting.popleft()

    def _lose(self) -> None:
        """Nothing can be written now, and what waits would be old when something can."""
        self._torn = self._torn or self._started
        self._started = False
        self._lost += sum(each.stands_for for each in self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0

    def _ready(self, seconds: float) -> bool:
        """Whether a part can be written without a wait, or cannot be at all."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        try:
            return bool(poll.poll(1000 * seconds))
        except OSError:
            return True
