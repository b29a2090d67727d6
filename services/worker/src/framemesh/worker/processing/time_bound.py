"""Bounds the time that an attempt at one frame may take."""

import asyncio
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.core.outcome import Outcome
from framemesh.worker.errors import AttemptFailed, FrameGivenUp
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.processing.processor import Process

REASON = "took_too_long"

POLL_SECONDS = 0.25
"""Interval of checking all attempts in progress: one timer costs less than one a frame."""


class TimeBound:
    """Ends an attempt that runs past its bound.

    Among others, such a frame becomes suspect, as the time may have been theirs. Alone, it is given
    up: the others waited for it.

    Time that is spent waiting for others does not count; see `WaitingForOthers`. What is not
    bounded, because no frame is the cause: waiting for Triton, and writing to the ledger.
    """

    def __init__(self, bound_seconds: float, clock: Clock) -> None:
        self._bound_seconds = bound_seconds
        self._clock = clock
        self._running: dict[FrameContext, asyncio.Timeout] = {}

    async def process(self, context: FrameContext, proceed: Process) -> Outcome:
        """
        Raises:
            AttemptFailed: it took too long among others.
            FrameGivenUp: it took too long alone.
        """
        context.begin_attempt()
        try:
            async with asyncio.timeout(None) as timeout:
                self._running[context] = timeout
                return await proceed(context)
        except TimeoutError as error:
            if not timeout.expired():
                raise
            kind = FrameGivenUp if context.suspect else AttemptFailed
            raise kind(REASON, f"work on it took over {self._bound_seconds:g} s") from error
        finally:
            del self._running[context]
            context.working_since = None

    async def watch(self) -> NoReturn:
        """End what runs past its bound. Runs until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            begun_before = self._clock.monotonic() - self._bound_seconds
            for context, timeout in self._running.items():
                since = context.working_since
                if since is not None and since < begun_before and not timeout.expired():
                    timeout.reschedule(loop.time())
