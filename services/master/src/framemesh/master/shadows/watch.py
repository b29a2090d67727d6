"""Compares what shadows make of frames with the real outcomes, while they run."""

import asyncio
from typing import NamedTuple, NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.shadows.comparer import Comparer
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 1.0
"""Between two looks for new outcomes."""

PAUSE_SECONDS = 0.1
"""Between two batches while there are more: comparing takes a fifth of a CPU then at most."""


class _Watched(NamedTuple):
    """One shadow of one pipeline."""

    pipeline: str
    number: int


class ShadowWatch:
    """Follows all shadows, for as long as one master leads.

    How far each comparison is is stored with it, so the next leader goes on there.
    """

    def __init__(self, feed: PipelineFeed, comparer: Comparer) -> None:
        self._feed = feed
        self._comparer = comparer
        self._watching: set[_Watched] = set()

    async def run(self) -> NoReturn:
        async with TaskGroup() as tasks:
            async for pipelines in self._feed.changes():
                for name, stored in pipelines.items():
                    watched = _Watched(name, stored.shadow)
                    if stored.shadow and watched not in self._watching:
                        self._watching.add(watched)
                        tasks.create_task(self._follow(watched))
        raise AssertionError("the feed has no end")

    async def _follow(self, watched: _Watched) -> None:
        """Compare until the shadow has ended."""
        sequence, troubled = 0, False
        try:
            while (stored := self._feed.pipelines.get(watched.pipeline)) is not None:
                if stored.shadow != watched.number:
                    return
                pause = PERIOD_SECONDS
                try:
                    compared = await self._comparer.compare(stored)
                    if compared.sequence != sequence:
                        sequence, pause = compared.sequence, PAUSE_SECONDS
                    troubled = False
                except FramemeshError as error:
                    if not troubled:
                        log.info("a shadow waits", pipeline=watched.pipeline, why=str(error))
                    troubled = True
                await asyncio.sleep(pause)
        finally:
            self._watching.discard(watched)
