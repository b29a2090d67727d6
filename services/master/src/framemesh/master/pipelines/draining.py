"""Takes down streams that take no more frames, once those that they have are done."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 1.0


async def drain_periodically(pipelines: PipelineManager) -> NoReturn:
    """Losing one look loses nothing."""
    while True:
        try:
            await pipelines.drain()
        except FramemeshError as error:
            log.warning("cannot look at what is drained, will try again", error=str(error))
        await asyncio.sleep(PERIOD_SECONDS)
