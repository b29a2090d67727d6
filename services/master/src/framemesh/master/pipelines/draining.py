"""Takes down streams that take no more frames, once those that they have are done."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 1.0
"""Between two questions whether the streams of a pipeline are empty."""


async def drain_continuously(pipelines: PipelineManager, feed: PipelineFeed) -> NoReturn:
    """Drain whichever pipelines have older streams, for as long as they have them."""
    async for _ in feed.changes():
        while draining := [name for name, found in feed.pipelines.items() if found.draining]:
            for name in draining:
                try:
                    await pipelines.drain(name)
                except FramemeshError as error:
                    log.warning("cannot drain, will try again", pipeline=name, error=str(error))
            await asyncio.sleep(PERIOD_SECONDS)
    raise AssertionError("the feed has no end")
