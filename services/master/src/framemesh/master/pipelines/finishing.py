"""Finishes the changes that another leader began, or that failed while the broker was away."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 5.0
"""Between two looks. What is half done holds storage, and nobody waits for it."""


async def finish_continuously(pipelines: PipelineManager) -> NoReturn:
    """Finish what is begun, at once and then again and again."""
    while True:
        try:
            await pipelines.finish_begun()
        except FramemeshError as error:
            log.warning("cannot finish a change, will try again", error=str(error))
        await asyncio.sleep(PERIOD_SECONDS)
