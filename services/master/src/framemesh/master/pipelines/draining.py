"""Takes down streams that take no more frames, once those that they have are done, and looks for
frames that are done and still there."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 1.0
"""Between two questions whether the streams of a pipeline are empty."""

FORGOTTEN_SECONDS = 15.0
"""Between two looks for frames that are done and still there: of each pipeline a few questions."""


async def drain_continuously(pipelines: PipelineManager, feed: PipelineFeed) -> NoReturn:
    """Drain whichever pipelines have older streams, for as long as they have them; one whose
    streams do not answer keeps no other from it."""
    draining: set[str] = set()

    async def drain(name: str) -> None:
        try:
            while (found := feed.pipelines.get(name)) and found.draining:
                try:
                    await pipelines.drain(name)
                except FramemeshError as error:
                    log.warning("cannot drain, will try again", pipeline=name, error=str(error))
                await asyncio.sleep(PERIOD_SECONDS)
        finally:
            draining.discard(name)

    async with TaskGroup() as tasks:
        async for found in feed.changes():
            for name in found.keys() - draining:
                if found[name].draining:
                    draining.add(name)
                    tasks.create_task(drain(name))
    raise AssertionError("the feed has no end")


async def redeliver_continuously(pipelines: PipelineManager, feed: PipelineFeed) -> NoReturn:
    """Have frames delivered again that are done and still in the buffer."""
    while True:
        await asyncio.sleep(FORGOTTEN_SECONDS)
        for name in sorted(feed.pipelines):
            try:
                await pipelines.redeliver_forgotten(name)
            except FramemeshError as error:
                log.debug("cannot look for frames that are done", pipeline=name, why=str(error))
