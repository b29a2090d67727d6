"""Brings the workers that run to the ones that should."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.fleet.process_driver import DesiredWorkers, ProcessDriver
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed, Pipelines
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 2.0
"""Between two looks when nothing seems to have changed."""


class Reconciler:
    """Compares and corrects for as long as it runs; losing one round loses nothing."""

    def __init__(
        self, pipelines: PipelineFeed, driver: ProcessDriver, changed: asyncio.Event
    ) -> None:
        """`changed` is set by whoever changed something, to be looked at without delay."""
        self._pipelines = pipelines
        self._driver = driver
        self._changed = changed

    async def run(self) -> NoReturn:
        async with background_task(self._follow_pipelines()):
            while True:
                self._changed.clear()
                try:
                    self._driver.converge(_desired(await self._pipelines.known()))
                except FramemeshError as error:
                    log.warning("cannot reconcile, will try again", error=str(error))
                try:
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    pass

    async def _follow_pipelines(self) -> None:
        async for _ in self._pipelines.changes():
            self._changed.set()


def _desired(pipelines: Pipelines) -> list[DesiredWorkers]:
    return [
        DesiredWorkers(name, stored.revision, stored.spec.workers.min)
        for name, stored in sorted(pipelines.items())
    ]
