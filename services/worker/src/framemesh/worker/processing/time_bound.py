"""Bounds the time that an attempt at frames may take."""

import asyncio
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.worker.errors import AttemptFailed, FrameGivenUp
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.processing.processor import Attempt, Process

REASON = "took_too_long"

POLL_SECONDS = 0.25
"""Interval of checking all attempts in progress: one timer costs less than one a frame."""


class TimeBound:
    """Ends an attempt that runs past its bound.

    Among others, each frame of such a group becomes suspect, as the time may have been another's.
    Alone, it is given up: the others waited for it.

    Time that is spent waiting for others does not count; see `WaitingForOthers`. What is not
    bounded, because no frame is the cause: waiting for Triton, and writing to the ledger.
    """

    def __init__(self, bound_seconds: float, clock: Clock) -> None:
        self._bound_seconds = bound_seconds
        self._clock = clock
        self._running: dict[FrameGroup, asyncio.Timeout] = {}

    async def process(self, group: FrameGroup, proceed: Process) -> list[Attempt]:
        group.begin_attempt()
        try:
            async with asyncio.timeout(None) as timeout:
                self._running[group] = timeout
                return await proceed(group)
        except TimeoutError:
            if not timeout.expired():
                raise
            kind = FrameGivenUp if group.suspect else AttemptFailed
            error = kind(REASON, f"work on it took over {self._bound_seconds:g} s")
            return [error] * len(group.contexts)
        finally:
            del self._running[group]
            group.working_since = None

    async def watch(self) -> NoReturn:
        """End what runs past its bound. Runs until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            begun_before = self._clock.monotonic() - self._bound_seconds
            for group, timeout in self._running.items():
                since = group.working_since
                if since is not None and since < begun_before and not timeout.expired():
                    timeout.reschedule(loop.time())
