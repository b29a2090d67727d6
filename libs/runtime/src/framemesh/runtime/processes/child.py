"""Child processes that end with their parent, however it ends."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from framemesh.runtime.processes.child_log import last_log_line, prepare

IF_PARENT_LIVES = '[ "$PPID" = "$0" ] && exec "$@"'
"""For sh, with our process id and the command: we may have died before the kernel was told to watch
us."""


class Child:
    """A running child process, its process group, and its log file, if it has one of its own.

    It leads a process group of its own, so a Ctrl-C in the terminal reaches it only through us
    and in our order. Where the system has setpriv (util-linux), the kernel kills it when we die,
    even by SIGKILL.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, name: str, log: Path | None, log_start: int
    ) -> None:
        self._process = process
        self._swept = False
        self._log_start = log_start
        self.name = name
        self.log = log

    @classmethod
    async def start(
        cls,
        command: Sequence[str | Path],
        *,
        name: str,
        log: Path | None,
        environment: Mapping[str, str] | None = None,
        files: Sequence[int] = (),
    ) -> "Child":
        """Start `command`, with what it prints appended to `log`.

        `environment` is added to ours. Must be called from the main thread: the kernel ties a
        child to the thread that started it.

        Args:
            log: None: it prints where we do.
            files: descriptors that it has, too, under the same numbers.

        Raises:
            OSError: it cannot be started.
        """
        # Checked here because setpriv itself would start in any case.
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(errno.ENOENT, "no such program", str(command[0]))
        if log is not None:
            # In a thread: a log that is put aside is copied, up to tens of megabytes.
            await asyncio.to_thread(prepare, log)
        with nullcontext() if log is None else log.open("ab") as out:
            log_start = 0 if out is None else out.tell()
            process = await asyncio.create_subprocess_exec(
                *_tether(),
                *map(str, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(environment or {})},
                process_group=0,
                pass_fds=files,
            )
        return cls(process, name, log, log_start)

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
        """Ask it to end, kill it and what it left in its group after `grace_seconds`.

        When the caller is cancelled meanwhile, it is killed at once.
        """
        try:
            if self.running:
                with contextlib.suppress(ProcessLookupError):
                    self._process.send_signal(signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(grace_seconds):
                        await self._process.wait()
        finally:
            self.kill()
        return await self._process.wait()

    def kill(self) -> None:
        """Kill it and everything that it left in its process group."""
        if self._swept:
            return
        # The id of a group that is gone may be given to another: after the end, only once.
        self._swept = not self.running
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def last_log_line(self) -> str:
        """What it logged last, to tell why it ended; empty if it logged nothing, or in our log."""
        return "" if self.log is None else last_log_line(self.log, self._log_start)


def _tether() -> tuple[str, ...]:
    """What to put before a command, so that the kernel kills it when we die."""
    if (setpriv := shutil.which("setpriv")) is None:
        return ()
    return (setpriv, "--pdeathsig", "KILL", "sh", "-c", IF_PARENT_LIVES, str(os.getpid()))
