"""Keeping a child process running."""

import asyncio
import contextlib
import math
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum

from framemesh.core.clock import Clock, SystemClock
from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.child_log import bound
from framemesh.runtime.processes.exit_status import PERMANENT_FAILURE, SCARCE_FAILURE
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.liveness import (
    DEFAULT_BOUNDS,
    HealthCheck,
    Liveness,
    LivenessBounds,
)

log = get_logger()

RESTARTS = Backoff(first_seconds=0.05, max_seconds=10.0)
"""One crash costs next to nothing; a process that crashes at every start costs little CPU."""

PERMANENT_RESTARTS = Backoff(first_seconds=300.0, max_seconds=600.0)
"""Of a process that says that it would fail again. A worker that cannot serve its model takes 3 s
of CPU to find out, so this is under 1% of a core. What is changed for it starts another process."""

PERMANENT_PAUSE_SHARE, MAX_PERMANENT_PAUSE_SECONDS = 200.0, 7200.0
"""A process that takes long to find out pauses so many times as long, for the same reason."""

SCARCE_RESTARTS = Backoff(first_seconds=2.0, max_seconds=240.0)
"""Of a process that found memory or disk short: what is short for a moment costs seconds, and what
is short for hours under 1% of a core, at 2 s of CPU for each start."""

MAX_TROUBLE = 1000
"""Characters of a line of trouble: a process may log lines of any length."""

STABLE_SECONDS = 30.0
"""A process that was ready for so long was well: the count of failures in a row starts again."""

STARTING_CHECK_SECONDS = 0.2
"""Between two health checks of a process that is not ready: a person takes it for at once."""

READY_CHECK_SECONDS = 2.0
"""Between two health checks of a process that is ready. Its end needs none, it is seen at once."""

GRACE_SECONDS = 10.0
"""From SIGTERM to SIGKILL: a worker completes the frames that it holds."""


class State(Enum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    """It ended, or cannot be started; it is started again after a pause."""
    STUCK = "stuck"
    """It runs and cannot do its work, and a restart would not help at this moment."""
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """The state of a supervised process."""

    state: State = State.STARTING
    pid: int = 0
    """0 while there is no process."""
    restarts: int = 0
    trouble: str = ""
    """Why it ended last, or is stuck, in one line; empty if it never did."""


@dataclass(frozen=True, slots=True)
class HealthProblem:
    """What keeps a running process from its work."""

    trouble: str
    """For a person: what is wrong, and what to do."""
    curable: bool
    """Whether a restart would help now."""


async def always_healthy() -> HealthProblem | None:
    """For a process that works whenever it is ready."""
    return None


class SupervisedProcess:
    """One child process that is started again when it ends, and when it no longer answers."""

    def __init__(
        self,
        name: str,
        *,
        start: Callable[[], Awaitable[Child]],
        check: HealthCheck,
        changed: Callable[[], None],
        find_problem: Callable[[], Awaitable[HealthProblem | None]] = always_healthy,
        grace_seconds: float = GRACE_SECONDS,
        restarts: Backoff = RESTARTS,
        permanent_restarts: Backoff = PERMANENT_RESTARTS,
        scarce_restarts: Backoff = SCARCE_RESTARTS,
        liveness: LivenessBounds = DEFAULT_BOUNDS,
        slow_start_seconds: float = math.inf,
        clock: Clock | None = None,
    ) -> None:
        """`start` may fail, and is then tried again. `check` asks for the health of the process,
        and `find_problem` why one that serves cannot do its work. `changed` is called after every
        change of `status`. None of them ends the supervision, whatever it raises. A
        process that is not ready after `slow_start_seconds` is in trouble, and runs on.
        """
        self.name = name
        self.status = ProcessStatus()
        self._start = start
        self._check = check
        self._changed = changed
        self._find_problem = find_problem
        self._grace = grace_seconds
        self._restarts = restarts
        self._restarts_by_status = {
            PERMANENT_FAILURE: permanent_restarts,
            SCARCE_FAILURE: scarce_restarts,
        }
        self._liveness = liveness
        self._slow_start_seconds = slow_start_seconds
        self._clock = clock or SystemClock()
        self._ready_since: float | None = None
        self._failed_check = ""
        """What a check raised last."""
        self._failures = 0
        """In a row: a process that was ready for STABLE_SECONDS begins a new one."""
        self.exit_status = 0
        """At its last end, which may tell whether it would fail again."""

    async def run(self) -> None:
        """Keep it running. Cancel this to stop it: the process then gets its grace, and is gone
        when this ends. Cancelled a second time, the process is killed.
        """
        while True:
            self.exit_status = 0
            began = self._clock.monotonic()
            try:
                child = await self._start()
                # It may have waited for its turn.
                began = self._clock.monotonic()
                trouble = await self._run_once(child)
            except (OSError, FramemeshError) as error:
                trouble = f"cannot be started: {error}"
            except Exception as error:  # a fault of ours must not end the other processes
                log.error("supervision failed", name=self.name, exc_info=error)
                trouble = f"cannot be supervised: {error!r}"
            self._failures += 1
            pause = self._pause(self._clock.monotonic() - began)
            log.warning("process failed", name=self.name, trouble=trouble, pause_seconds=pause)
            now = self.status
            self._set(replace(now, state=State.FAILED, pid=0, trouble=trouble))
            await asyncio.sleep(pause)
            self._set(replace(self.status, state=State.STARTING, restarts=now.restarts + 1))

    async def _run_once(self, child: Child) -> str:
        """From the start of a process to its end; returns why it ended."""
        log.info("process started", name=self.name, pid=child.pid)
        self._set(replace(self.status, pid=child.pid))
        try:
            return await self._watch(child)
        finally:
            if child.running:
                self._set(replace(self.status, state=State.STOPPING))
            # Also after its own end: it may have left others in its group.
            await child.stop(self._grace)

    def _pause(self, ran_seconds: float) -> float:
        """Seconds before the next start of a process that ran for so long."""
        restarts = self._restarts_by_status.get(self.exit_status, self._restarts)
        pause = restarts.pause(self._failures)
        if self.exit_status != PERMANENT_FAILURE:
            return pause
        return max(pause, min(ran_seconds * PERMANENT_PAUSE_SHARE, MAX_PERMANENT_PAUSE_SECONDS))

    async def _watch(self, child: Child) -> str:
        """Check its health until it ends, or must be restarted; returns why."""
        liveness = Liveness(self._liveness, self._clock)
        self._ready_since = None
        slow_at = self._clock.monotonic() + self._slow_start_seconds
        slow = ""
        while True:
            health = await self._health(liveness.timeout_seconds)
            liveness.record(health)
            if child.running and (silence := liveness.problem):
                # SIGTERM is of no use: it would not answer that either.
                child.kill()
                return silence
            ready = child.running and health is Health.SERVING
            self._reset_failures(child, ready)
            problem = await self._problem() if ready else None
            if problem and problem.curable:
                return problem.trouble
            status = _status(self.status, ready, problem)
            if ready:
                slow_at = math.inf
                if status.trouble == slow:
                    status = replace(status, trouble="")
            elif self._clock.monotonic() >= slow_at and not status.trouble:
                slow = self._slow_start(child)
                status = replace(status, trouble=slow)
            self._set(status)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    READY_CHECK_SECONDS if ready else STARTING_CHECK_SECONDS
                ):
                    self.exit_status = await child.wait()
                    return trouble_of(child, self.exit_status)
            if child.log is not None:
                await asyncio.to_thread(bound, child.log)

    async def _health(self, timeout_seconds: float) -> Health:
        try:
            return await self._check(timeout_seconds)
        except Exception as error:  # noqa: BLE001  what answers there is not what was expected
            self._log_failed_check(error)
            return Health.UNANSWERED

    async def _problem(self) -> HealthProblem | None:
        try:
            return await self._find_problem()
        except Exception as error:  # noqa: BLE001  it serves, as far as is known
            self._log_failed_check(error)
            return None

    def _log_failed_check(self, error: Exception) -> None:
        """Once, however often it is checked."""
        if repr(error) != self._failed_check:
            self._failed_check = repr(error)
            log.error("health check failed", name=self.name, exc_info=error)

    def _slow_start(self, child: Child) -> str:
        last = child.last_log_line()[: MAX_TROUBLE // 2]
        said = f"; its last log line: {last}" if last else ""
        return f"is not ready after {self._slow_start_seconds:.0f} s{said}"

    def _reset_failures(self, child: Child, ready: bool) -> None:
        """Once it was ready for long enough."""
        now = self._clock.monotonic()
        if not ready:
            self._ready_since = None
        elif self._ready_since is None:
            log.info("process ready", name=self.name, pid=child.pid)
            self._ready_since = now
        elif now - self._ready_since >= STABLE_SECONDS:
            self._failures = 0

    def _set(self, status: ProcessStatus) -> None:
        status = replace(status, trouble=status.trouble[:MAX_TROUBLE])
        if status != self.status:
            self.status = status
            self._changed()


def _status(now: ProcessStatus, ready: bool, problem: HealthProblem | None) -> ProcessStatus:
    if problem:
        return replace(now, state=State.STUCK, trouble=problem.trouble)
    return replace(now, state=State.READY if ready else State.STARTING)


def trouble_of(child: Child, status: int) -> str:
    """Why a process ended, in one line."""
    line = child.last_log_line()
    if status >= 0:
        return line or f"ended with status {status}"
    killed = f"killed by signal {-status} ({signal.strsignal(-status)})"
    return f"{killed}; its last log line: {line}" if line else killed
