"""The pipelines that have sessions, and whether they are still what the sessions found."""

import asyncio
from typing import NoReturn
from weakref import WeakSet

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.errors import FramemeshError
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger

log = get_logger()

RETRY_SECONDS = 0.5
"""Before a broker that did not answer is asked again what became of a pipeline."""


class PipelineSnapshots:
    """Hands out pipelines, and follows those that are in use."""

    def __init__(self, store: PipelineStore, feed: PipelineFeed) -> None:
        self._store = store
        self._feed = feed
        self._snapshots: WeakSet[PipelineSnapshot] = WeakSet()
        self._reading: dict[str, asyncio.Future[StoredPipeline]] = {}
        """By name, those that are read at this moment."""

    async def snapshot(self, name: str) -> PipelineSnapshot:
        """
        Raises:
            PipelineUnknown: no pipeline has this name.
            BrokerUnavailable: the broker does not answer.
        """
        found = PipelineSnapshot(await self._read(name), self._store)
        self._snapshots.add(found)
        if not found.matches(self._feed.pipelines.get(name)):
            # One of the two is behind the other.
            found.compare(await self._now(name))
        return found

    async def _read(self, name: str) -> StoredPipeline:
        """Sessions that open side by side, as after a restart, share what one of them reads. What
        changes meanwhile they hear by `watch`, as all others.

        Raises:
            PipelineUnknown, BrokerUnavailable: as `snapshot`.
        """
        if (reading := self._reading.get(name)) is None:
            reading = self._reading[name] = asyncio.ensure_future(self._store.get(name))
            reading.add_done_callback(lambda _: self._reading.pop(name))
        # One of those who wait may be cancelled, and the others not.
        return await asyncio.shield(reading)

    async def watch(self) -> NoReturn:
        """Tell the sessions when their pipelines are changed or deleted."""
        async for pipelines in self._feed.changes():
            for snapshot in list(self._snapshots):
                now = pipelines.get(snapshot.name)
                if snapshot.matches(now):
                    snapshot.compare(now)
                else:
                    # The feed may be behind what a session found a moment ago.
                    await self._compare(snapshot)
        raise AssertionError("the feed has no end")

    async def _compare(self, snapshot: PipelineSnapshot) -> None:
        while True:
            try:
                snapshot.compare(await self._now(snapshot.name))
                return
            except InvalidDocument as error:
                # The others wait behind it, and only another change mends it.
                log.error("stored pipeline is unreadable", pipeline=snapshot.name, error=str(error))
                return
            except FramemeshError as error:
                # A session that stores nothing meanwhile loses nothing by it.
                log.debug("pipeline cannot be read", pipeline=snapshot.name, error=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _now(self, name: str) -> StoredPipeline | None:
        try:
            return await self._store.get(name)
        except PipelineUnknown:
            return None
