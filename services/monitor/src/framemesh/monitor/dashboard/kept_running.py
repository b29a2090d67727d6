"""Parts of the dashboard whose faults must not end the monitor, which counts frames."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from framemesh.runtime.logs import get_logger

log = get_logger()

RESTART_SECONDS = 1.0
"""Before a part that failed begins anew."""


async def kept_running(part: str, work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Run `work`, and again after each fault, until cancelled."""
    while True:
        try:
            await work()
        except Exception as fault:
            log.error("a part of the dashboard failed and begins anew", part=part, exc_info=fault)
        await asyncio.sleep(RESTART_SECONDS)
