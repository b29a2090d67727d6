"""Finishes the changes that another leader began, or that failed while the broker was away."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 5.0
"""Between two looks. What is half done holds storage, and nobody waits for it."""


async def finish_continuously(pipelines: PipelineManager) -> NoReturn:
    """Finish what is begun, at once and then again and again; one whose streams do not answer keeps
    no other from it."""
    while True:
        try:
            async with TaskGroup() as tasks:
                for name in await pipelines.begun():
                    tasks.create_task(_finish(pipelines, name))
        except* FramemeshError as group:
            log.warning("changes cannot be read, will try again", error=str(group.exceptions[0]))
        await asyncio.sleep(PERIOD_SECONDS)


async def _finish(pipelines: PipelineManager, name: str) -> None:
    try:
        await pipelines.finish(name)
    except FramemeshError as error:
        log.warning("cannot finish a change, will try again", pipeline=name, error=str(error))
