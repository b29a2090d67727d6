"""Finds what blocks an event loop: a call that does not return to it for long.

Time for which the thread was ready to run, and another process had the CPU, does not count: it is
read from the kernel, so that a busy machine blames nobody.
"""

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 0.2
"""Cameras with 30 frames a second have six in that time."""

POLL_SECONDS = 0.02

STACK_LINES = 12


@dataclass(frozen=True)
class Usage:
    """What the kernel knows at one moment."""

    at: float
    ran: float
    """Seconds for which the watched thread had a CPU."""
    waited: dict[str, float]
    """Of each thread of this process, seconds for which it was ready to run, and had none."""
    ready: bool
    """The watched thread runs, or waits for a CPU."""

    def blocked_since(self, before: "Usage") -> float:
        """Seconds for which the watched thread ran or slept."""
        ran = self.ran - before.ran
        if self.ready:
            # It may be waiting for a CPU since long, which is on record only afterwards.
            return ran
        # A thread that ended meanwhile takes with it what it waited before.
        waited = sum(now - before.waited.get(task, 0.0) for task, now in self.waited.items())
        return self.at - before.at - waited


class LoopMonitor(threading.Thread):
    """Watches the event loops of the thread that makes it."""

    def __init__(self) -> None:
        super().__init__(name="loop monitor", daemon=True)
        self._watched = threading.get_ident()
        self._task = Path(f"/proc/self/task/{threading.get_native_id()}")
        self.limit_seconds = LIMIT_SECONDS
        self._began: float | None = None
        """When the callback that runs now was called."""
        self._found: list[str] = []

    def install(self) -> None:
        """Time every callback of every loop from now on."""
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            if threading.get_ident() != self._watched:
                run(handle)
                return
            self._began = time.monotonic()
            try:
                run(handle)
            finally:
                self._began = None

        asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]
        self.start()

    def take(self) -> list[str]:
        """What was found since this was called last: for each blocking call, where it was."""
        found, self._found = self._found, []
        return found

    def run(self) -> None:
        """Look at the callback that runs, again and again."""
        seen: float | None = None
        before: Usage | None = None
        while True:
            time.sleep(POLL_SECONDS)
            began = self._began
            if began != seen:
                seen = began
                before = self._usage() if began is not None else None
            elif before and (blocked := self._usage().blocked_since(before)) > self.limit_seconds:
                before = None
                stack = self._stack()
                if self._began == seen:
                    self._found.append(f"blocked for over {blocked:.2f} s in\n{stack}")

    def _usage(self) -> Usage:
        ran = float((self._task / "schedstat").read_text().split()[0])
        waited: dict[str, float] = {}
        for task in self._task.parent.iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                waited[task.name] = float((task / "schedstat").read_text().split()[1]) / 1e9
        state = (self._task / "stat").read_text().rpartition(")")[2].split()[0]
        return Usage(time.monotonic(), ran / 1e9, waited, state == "R")

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._watched)
        return "".join(traceback.format_stack(frame)[-STACK_LINES:])
