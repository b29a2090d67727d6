"""Keeping a child process running."""

import asyncio
import contextlib
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

log = get_logger()

RESTARTS = Backoff(first_seconds=0.05, max_seconds=10.0)
"""One crash costs next to nothing; a process that crashes at every start costs little CPU."""

STABLE_SECONDS = 30.0
"""A process that was ready for so long was well: its end begins a new row of failures."""

STARTING_CHECK_SECONDS = 0.2
"""Between two questions whether a process is ready: what a person still takes for at once."""

READY_CHECK_SECONDS = 2.0
"""The same once it is ready. Its end needs no question, it is seen at once."""

GRACE_SECONDS = 10.0
"""From SIGTERM to SIGKILL: a worker seals the frames that it holds."""


class State(Enum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    """It ended, or cannot be started; it is started again after a pause."""
    STUCK = "stuck"
    """It runs and cannot do its work, which a new start would not change at this moment."""
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a supervised process is."""

    state: State = State.STARTING
    pid: int = 0
    """0 while there is no process."""
    restarts: int = 0
    trouble: str = ""
    """Why it ended last, or is stuck, for a person; empty if it never did."""


@dataclass(frozen=True, slots=True)
class HealthProblem:
    """What keeps a running process from its work."""

    trouble: str
    """For a person: what is wrong, and what to do."""
    curable: bool
    """Whether a new start would mend it now."""


async def always_healthy() -> HealthProblem | None:
    """Of a process that works whenever it is ready."""
    return None


class SupervisedProcess:
    """One child process that is started again whenever it ends."""

    def __init__(
        self,
        name: str,
        *,
        start: Callable[[], Awaitable[Child]],
        ready: Callable[[], Awaitable[bool]],
        changed: Callable[[], None],
        find_problem: Callable[[], Awaitable[HealthProblem | None]] = always_healthy,
        grace_seconds: float = GRACE_SECONDS,
        restarts: Backoff = RESTARTS,
        clock: Clock | None = None,
    ) -> None:
        """`start` may raise OSError or a FramemeshError, and is tried again. `ready` is asked again
        and again whether the process does its work, and `ailing` why it cannot. `changed` is called
        after every change of `condition`.
        """
        self.name = name
        self.status = ProcessStatus()
        self._start = start
        self._ready = ready
        self._changed = changed
        self._find_problem = find_problem
        self._grace = grace_seconds
        self._restarts = restarts
        self._clock = clock or SystemClock()
        self._failures = 0
        """In a row, that is without a steady life between them."""

    async def run(self) -> None:
        """Keep it running. Cancel this to stop it: the process then gets its grace, and is gone
        when this ends. Cancelled a second time, the process is killed.
        """
        while True:
            try:
                trouble = await self._live(await self._start())
            except (OSError, FramemeshError) as error:
                trouble = f"cannot be started: {error}"
            self._failures += 1
            pause = self._restarts.pause(self._failures)
            log.warning("process failed", name=self.name, trouble=trouble, pause_seconds=pause)
            now = self.status
            self._set(replace(now, state=State.FAILED, pid=0, trouble=trouble))
            await asyncio.sleep(pause)
            self._set(replace(self.status, state=State.STARTING, restarts=now.restarts + 1))

    async def _live(self, child: Child) -> str:
        """One life of the process; returns why it ended."""
        log.info("process started", name=self.name, pid=child.pid)
        self._set(replace(self.status, pid=child.pid))
        try:
            return await self._attend(child)
        finally:
            if child.running:
                self._set(replace(self.status, state=State.STOPPING))
            # Also after its own end: it may have left others in its group.
            await child.stop(self._grace)

    async def _attend(self, child: Child) -> str:
        """Ask how it is until it ends, or should be started anew; returns why."""
        ready_since: float | None = None
        while True:
            ready = await self._ready() and child.running
            now = self._clock.monotonic()
            if not ready:
                ready_since = None
            elif ready_since is None:
                log.info("process ready", name=self.name, pid=child.pid)
                ready_since = now
            elif now - ready_since >= STABLE_SECONDS:
                self._failures = 0
            ailment = await self._find_problem() if ready else None
            if ailment and ailment.curable:
                return ailment.trouble
            self._set(_status(self.status, ready, ailment))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    READY_CHECK_SECONDS if ready else STARTING_CHECK_SECONDS
                ):
                    return trouble_of(child, await child.wait())
            await asyncio.to_thread(bound, child.log)

    def _set(self, status: ProcessStatus) -> None:
        if status != self.status:
            self.status = status
            self._changed()


def _status(now: ProcessStatus, ready: bool, ailment: HealthProblem | None) -> ProcessStatus:
    if ailment:
        return replace(now, state=State.STUCK, trouble=ailment.trouble)
    return replace(now, state=State.READY if ready else State.STARTING)


def trouble_of(child: Child, status: int) -> str:
    """Why a process ended, in one line."""
    said = child.last_log_line()
    if status >= 0:
        return said or f"ended with status {status}"
    killed = f"killed by signal {-status} ({signal.strsignal(-status)})"
    return f"{killed}; it said last: {said}" if said else killed
