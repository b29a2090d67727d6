"""Child processes that end with their parent, however it ends."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_BYTES = 8192
"""Of a log that is searched for the last line before the end."""


class Child:
    """A running child process, its process group, and its log file.

    It leads a process group of its own, so a Ctrl-C in the terminal reaches it only through us
    and in our order. Where the system has setpriv (util-linux), the kernel kills it when we die,
    even by SIGKILL.
    """

    def __init__(self, process: asyncio.subprocess.Process, name: str, log: Path) -> None:
        self._process = process
        self.name = name
        self.log = log

    @classmethod
    async def start(
        cls,
        command: Sequence[str | Path],
        *,
        name: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> "Child":
        """Start `command`, with what it prints appended to `log`.

        `environment` is added to ours. Must be called from the main thread: the kernel ties a
        child to the thread that started it.

        Raises:
            OSError: it cannot be started.
        """
        tether = (
            [] if (setpriv := shutil.which("setpriv")) is None else [setpriv, "--pdeathsig", "KILL"]
        )
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *tether,
                *map(str, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(environment or {})},
                process_group=0,
            )
        return cls(process, name, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait for its end; returns the exit status, negative for a signal."""
        return await self._process.wait()

    async def stop(self, grace_seconds: float) -> int:
        """Ask it to end, kill it and what it left in its group after `grace_seconds`."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self._process.wait()
        self.kill()
        return await self._process.wait()

    def kill(self) -> None:
        """Kill it and everything that it left in its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The last line that it printed, for the person who asks why it ended."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
            return next((line for line in reversed(lines) if line), "")
        return ""
