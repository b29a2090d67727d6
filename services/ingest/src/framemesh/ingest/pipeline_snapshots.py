"""The pipelines that have sessions, and whether they are still what the sessions found."""

import asyncio
from typing import NoReturn
from weakref import WeakSet

from framemesh.core.errors import FramemeshError
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger

log = get_logger()

POLL_SECONDS = 2.0
"""Between two looks at each pipeline: its workers are started anew meanwhile."""


class PipelineSnapshots:
    """Hands out pipelines, and looks after those that are in use."""

    def __init__(self, store: PipelineStore) -> None:
        self._store = store
        self._snapshot: WeakSet[PipelineSnapshot] = WeakSet()

    async def snapshot(self, name: str) -> PipelineSnapshot:
        """
        Raises:
            PipelineUnknown: there is none of that name.
            BrokerUnavailable: it cannot be told.
        """
        found = PipelineSnapshot(await self._store.get(name), self._store)
        self._snapshot.add(found)
        return found

    async def watch(self) -> NoReturn:
        """Look at all that are in use, again and again, so that their sessions hear of a change."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            for name in {snapshot.name for snapshot in self._snapshot}:
                try:
                    self._compare(name, await self._now(name))
                except FramemeshError as error:
                    # A session that stores nothing meanwhile loses nothing by it.
                    log.debug("pipeline cannot be looked at", pipeline=name, error=str(error))

    async def _now(self, name: str) -> StoredPipeline | None:
        try:
            return await self._store.get(name)
        except PipelineUnknown:
            return None

    def _compare(self, name: str, now: StoredPipeline | None) -> None:
        for snapshot in list(self._snapshot):
            if snapshot.name == name:
                snapshot.compare(now)
