"""A supervisor that outlives the command that started it."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from framemesh.cli.local.errors import NotPermitted, StartFailed
from framemesh.cli.local.lock import holder
from framemesh.cli.local.orphans import kill_orphans
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.startup_check import START_TIMEOUT_SECONDS, check, startup_timeout
from framemesh.runtime.processes.child_log import bound, last_log_line

POLL_SECONDS = 0.05
"""Between two reads of run.json: smooth for the eye, nothing for the machine."""

STOP_SECONDS = 40.0
"""From SIGTERM to SIGKILL of a supervisor: an agent's grace, then the services', then NATS's."""


class Supervisor:
    """The supervisor of a data folder, seen from another process."""

    def __init__(self, data: Path, process: psutil.Process, log_start: int = 0) -> None:
        self._data = data
        self._process = process
        self._log_start = log_start

    @classmethod
    def find(cls, data: Path) -> "Supervisor | None":
        """The one that runs for this folder; None if none does.

        Raises:
            OSError: the folder cannot be read.
        """
        if (pid := holder(data)) is None:
            return None
        try:
            return cls(data, psutil.Process(pid))
        except psutil.NoSuchProcess:
            return None

    @classmethod
    def start(cls, data: Path, ports: Ports, store_max_bytes: int) -> "Supervisor":
        """Start one in a session of its own, where no Ctrl-C of this terminal reaches it.

        Raises:
            OSError: it cannot be started.
        """
        log = supervisor_log(data)
        log.parent.mkdir(parents=True, exist_ok=True)
        bound(log)
        command = (sys.executable, "-m", "framemesh.cli.local", "--data", str(data))
        options = ("--port-base", str(ports.base), "--store-max", str(store_max_bytes))
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            return cls(data, psutil.Process(process.pid), out.tell())

    @property
    def running(self) -> bool:
        try:
            return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def run(self) -> RunState | None:
        """The state of its mesh; None until it has written one."""
        run = RunState.load(self._data)
        # The file of one that was killed stays until its successor writes its own.
        return run if run is not None and run.pid == self._process.pid else None

    async def until_ready(self, show: Callable[[RunState], None]) -> RunState:
        """Wait until all programs are healthy. `show` is called at every read of their state.

        Raises:
            StartFailed: it or one of its programs ended, or was not ready in time.
        """
        run: RunState | None = None
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                while run is None or not check(run).ready:
                    await asyncio.sleep(POLL_SECONDS)
                    if not self.running:
                        raise StartFailed(self._why())
                    if (run := self.run()) is not None:
                        show(run)
                return run
        except TimeoutError as error:
            raise (StartFailed(self._why()) if run is None else startup_timeout(run)) from error

    async def stop(self) -> None:
        """Ask it to end. If it does not, or this is cancelled, kill it and all that it started.

        Raises:
            NotPermitted: another user started it; it goes on.
        """
        try:
            self._signal(psutil.Process.terminate)
        except psutil.AccessDenied as error:
            owner = self._process.username()
            raise NotPermitted(
                f"framemesh in {self._data} was started by user {owner}: only that user"
                " or root can stop it"
            ) from error
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    while self.running:  # noqa: ASYNC110  another process has no event
                        await asyncio.sleep(POLL_SECONDS)
        finally:
            self._signal(psutil.Process.kill)
            # By now the folder may be locked by another supervisor.
            if holder(self._data) in {None, self._process.pid}:
                # Not in a thread: an interrupt must not come between.
                clean(self._data)

    def _signal(self, send: Callable[[psutil.Process], None]) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            send(self._process)

    def _why(self) -> str:
        log = supervisor_log(self._data)
        return last_log_line(log, self._log_start) or f"the supervisor ended (log: {log})"


def clean(data: Path) -> int:
    """Kill what an earlier supervisor left and forget it; returns how many processes that were."""
    killed = kill_orphans(data)
    RunState.forget(data)
    return killed


def supervisor_log(data: Path) -> Path:
    """What the supervisor of a data folder prints."""
    return data / "logs" / "supervisor.log"
