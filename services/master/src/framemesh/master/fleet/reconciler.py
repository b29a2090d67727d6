"""Brings the workers that run to the ones that should."""

import asyncio

from framemesh.core.errors import FramemeshError
from framemesh.master.fleet.process_driver import DesiredWorkers, ProcessDriver
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 2.0
"""Between two looks when nothing seems to have changed."""


class Reconciler:
    """Compares and corrects for as long as it runs; losing one round loses nothing."""

    def __init__(
        self, pipelines: PipelineStore, driver: ProcessDriver, changed: asyncio.Event
    ) -> None:
        """`changed` is set by whoever changed something, to be looked at without delay."""
        self._pipelines = pipelines
        self._driver = driver
        self._changed = changed

    async def run(self) -> None:
        while True:
            self._changed.clear()
            try:
                self._driver.converge(await self._desired())
            except FramemeshError as error:
                log.warning("cannot reconcile, will try again", error=str(error))
            try:
                async with asyncio.timeout(PERIOD_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _desired(self) -> list[DesiredWorkers]:
        desired: list[DesiredWorkers] = []
        for name in await self._pipelines.names():
            try:
                stored = await self._pipelines.get(name)
            except PipelineUnknown:
                continue  # deleted since it was listed
            desired.append(DesiredWorkers(name, stored.revision, stored.spec.workers.min))
        return desired
