"""Whether a process that runs still answers, and for how long it may be silent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.runtime.processes.health import Health

HealthCheck = Callable[[float], Awaitable[Health]]
"""Asks a process for its health. The argument is the time it has to answer, in seconds."""


@dataclass(frozen=True, slots=True)
class LivenessBounds:
    """How long a process may leave its health checks unanswered before it is killed."""

    check_seconds: float = 1.0
    """For one answer of a process that answered last time: one that takes longer is not ready."""
    silent_check_seconds: float = 5.0
    """For one answer of a process that did not answer last time. On a machine with too much to do a
    live process may need seconds, and must not be killed for that."""
    silent_seconds: float = 20.0
    """Of a process that has answered before: at least four unanswered checks in a row."""
    start_seconds: float = 600.0
    """Of a process that has not answered yet. Before its first answer a worker downloads models and
    starts Triton, nats-server reads up to 64 GiB of streams, and a service waits for the broker."""


DEFAULT_BOUNDS = LivenessBounds()


class Liveness:
    """Adds up the silence of one process over its health checks.

    Only time in which the process could have answered counts: each check adds what has passed since
    the one before it, but no more than the time for one answer. So a supervisor that was itself
    stopped for an hour kills nothing when it goes on.
    """

    def __init__(self, bounds: LivenessBounds, clock: Clock) -> None:
        self._bounds = bounds
        self._clock = clock
        self._last_check = clock.monotonic()
        self._has_answered = False
        self._silent_seconds = 0.0

    @property
    def timeout_seconds(self) -> float:
        """For the next check."""
        silent = self._has_answered and self._silent_seconds > 0
        return self._bounds.silent_check_seconds if silent else self._bounds.check_seconds

    def record(self, health: Health) -> None:
        """Take note of the result of a check that has just ended."""
        now = self._clock.monotonic()
        passed = min(now - self._last_check, self._bounds.silent_check_seconds)
        self._last_check = now
        if health is Health.UNANSWERED:
            self._silent_seconds += passed
        else:
            self._has_answered, self._silent_seconds = True, 0.0

    @property
    def problem(self) -> str | None:
        """Why the process must be killed, in one line; None while it need not."""
        if not self._has_answered and self._silent_seconds >= self._bounds.start_seconds:
            return f"killed: no answer within {self._bounds.start_seconds:g} s of its start"
        if self._has_answered and self._silent_seconds >= self._bounds.silent_seconds:
            return f"killed: no answer to health checks for {self._bounds.silent_seconds:g} s"
        return None
