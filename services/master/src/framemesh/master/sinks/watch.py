"""Keeps the consumers of sinks what the definitions say, whoever was killed halfway."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.master.pipelines.change_locks import ChangeLocks
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.sinks.consumers import SinkConsumers
from framemesh.runtime.jetstream.api.errors import StreamNotFound
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.sinks.sink_states import SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore, StoredSink
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import pictures_stream

log = get_logger()

PERIOD_SECONDS = 5.0
"""Between two looks: nothing is lost meanwhile, as results stay in the ledger."""


LOOKS_PER_CLEANING = 12


class SinkWatch:
    """Restores consumers and streams of pictures that are missing, and removes those of no sink."""

    def __init__(
        self,
        *,
        store: SinkStore,
        states: SinkStates,
        consumers: SinkConsumers,
        pictures: PictureStreams,
        feed: PipelineFeed,
        locks: ChangeLocks,
        provide: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._states = states
        self._consumers = consumers
        self._pictures = pictures
        self._provide = provide
        self._looks = 0
        self._feed = feed
        self._locks = locks

    async def run(self) -> NoReturn:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except FramemeshError as error:
                log.info("sinks are looked after later", why=str(error))
            await asyncio.sleep(PERIOD_SECONDS)

    async def look(self) -> None:
        """Compare what there is with what there should be, once.

        Raises:
            BrokerUnavailable: the broker does not answer in time.
        """
        sinks = await self._store.list()
        for sink in sinks:
            if sink.spec.pipeline in self._feed.pipelines:
                await self._restore(sink)
        await self._settle_pictures(sinks)
        # What is left of sinks that are gone costs little: of many pipelines not every time.
        if self._looks % LOOKS_PER_CLEANING == 0:
            await self._clean(sinks)
        self._looks += 1

    async def _settle_pictures(self, sinks: Sequence[StoredSink]) -> None:
        wanted = {sink.spec.pipeline for sink in sinks if sink.spec.kind.needs_pictures}
        there = await self._pictures.there()
        for pipeline in self._feed.pipelines:
            if (pictures_stream(pipeline) in there) != (pipeline in wanted):
                await self._provide(pipeline)

    async def _clean(self, sinks: Sequence[StoredSink]) -> None:
        for pipeline in self._feed.pipelines:
            known = {sink.spec.name for sink in sinks if sink.spec.pipeline == pipeline}
            for name in {*await self._consumers.names(pipeline)} - known:
                await self._remove_orphan(pipeline, name)
        for name in {*await self._states.names()} - {sink.spec.name for sink in sinks}:
            # A process that ran it may have told its state once more.
            await self._states.forget(name)

    async def _restore(self, seen: StoredSink) -> None:
        name = seen.spec.name
        async with self._locks.pipeline(seen.spec.pipeline):
            sink = await self._store.get(name)
            if sink is None or sink.number != seen.number:
                return
            state = await self._states.of(name, sink.number)
            try:
                if await self._consumers.restore(sink.spec, state):
                    log.warning("the place of a sink was lost, and is restored", sink=name)
            except StreamNotFound:
                return  # the pipeline is being deleted

    async def _remove_orphan(self, pipeline: str, name: str) -> None:
        """What is left of a sink that was removed, or whose adding came to no end."""
        async with self._locks.pipeline(pipeline):
            sink = await self._store.get(name)
            if sink is None or sink.spec.pipeline != pipeline:
                await self._consumers.remove(pipeline, name)
                log.info("the place of a sink that is gone is removed", sink=name)
