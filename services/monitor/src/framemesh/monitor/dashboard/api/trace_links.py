"""Where the trace of a frame can be looked at."""

import asyncio
import math

from framemesh.core.clock import Clock
from framemesh.core.tracing.links import trace_url
from framemesh.runtime.tracing.jaeger_page import has_page

ASK_SECONDS = 60.0
"""Between two looks at whether Jaeger has a page."""

ANSWER_SECONDS = 3.0


class TraceLinks:
    """Links to Jaeger, where that has a page."""

    def __init__(self, jaeger: str, clock: Clock) -> None:
        """`jaeger`: the address of its page; empty: there is none."""
        self._jaeger = jaeger
        self._clock = clock
        self._has_page = True
        self._asked_at = -math.inf
        self._alone = asyncio.Lock()

    async def of(self, trace_id: str) -> str | None:
        """None: nowhere."""
        if not trace_id or not self._jaeger:
            return None
        async with self._alone:
            if self._clock.monotonic() - self._asked_at >= ASK_SECONDS:
                self._has_page = await self._ask()
                self._asked_at = self._clock.monotonic()
        return trace_url(self._jaeger, trace_id) if self._has_page else None

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asyncio.to_thread(has_page, self._jaeger)
        except TimeoutError:
            return True
