"""The pipelines and their changes as they happen, for all parts of a process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.core.documents.document import InvalidDocument
from framemesh.runtime.concurrency.broadcast import Broadcast
from framemesh.runtime.jetstream.api.headers import KEY_VALUE_OPERATION
from framemesh.runtime.jetstream.api.key_value import bucket_stream, key_subject
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline, stored_pipeline
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import PIPELINES_BUCKET

log = get_logger()

STREAM = bucket_stream(PIPELINES_BUCKET)

RETRY_SECONDS = 0.2
"""Before a bucket that is not there is looked for again: the master makes it when it starts."""

SNAPSHOT_TIMEOUT_SECONDS = 5.0
"""For the first reading of the whole bucket, which takes milliseconds. Its last entry may expire
meanwhile, so that its end never comes."""

RESYNC_SECONDS = 60.0
"""After so long without a change the bucket is read anew, should one have been missed. Never
shortly after a change: a replica that lags would say what was before it."""

Pipelines = Mapping[str, StoredPipeline]
"""By name."""


class PipelineFeed:
    """What the bucket of pipelines says: a snapshot first, then every change within milliseconds.

    One reader of the broker for all subscribers. It may be milliseconds behind PipelineStore, which
    asks the leader: who is about to do what cannot be undone asks there first.
    """

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        *,
        only: str = "",
        resync_seconds: float = RESYNC_SECONDS,
    ) -> None:
        """`only`: the name of the one pipeline that is followed; empty: all."""
        self._subjects = (key_subject(PIPELINES_BUCKET, only),) if only else ()
        self._broker = broker
        self._clock = clock
        self._resync_seconds = resync_seconds
        self._pipelines: Pipelines | None = None
        self._unreadable: frozenset[str] = frozenset()
        self._changed = Broadcast()

    @property
    def pipelines(self) -> Pipelines:
        """As they are now; none as long as nothing is known. It never changes: a change is another
        mapping."""
        return self._pipelines or {}

    @property
    def unreadable(self) -> frozenset[str]:
        """Names of pipelines whose entry cannot be read; `pipelines` may have an earlier one."""
        return self._unreadable

    async def known(self) -> Pipelines:
        """The pipelines as they are now, as soon as that is known."""
        return await self._changed.wait_for(lambda: self._pipelines)

    async def changes(self) -> AsyncIterator[Pipelines]:
        """The pipelines as soon as they are known, then again after each change. Changes
        that come faster than a subscriber takes them are one to it: it always gets the last."""
        seen: Pipelines | None = None
        while True:
            seen = await self._changed.wait_for(partial(self._other_than, seen))
            yield seen

    def _other_than(self, seen: Pipelines | None) -> Pipelines | None:
        return self._pipelines if self._pipelines is not seen else None

    async def run(self) -> NoReturn:
        """Follow the bucket until cancelled, through restarts of the broker, and from a bucket that
        was deleted to the one in its place. While there is none, what was known stays."""
        problem = ""
        while True:
            try:
                await self._follow()
                problem = ""
            except* (StreamGone, BrokerUnavailable) as group:
                if not problem:
                    problem = str(group.exceptions[0])
                    log.info("pipelines cannot be read, will try again", why=problem)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        """Read the bucket from its beginning, until it is time to do so again."""
        found: dict[str, StoredPipeline] = {}
        unreadable: set[str] = set()
        complete = False
        loop = asyncio.get_running_loop()

        def caught_up() -> None:
            nonlocal complete
            complete = True
            self._unreadable = frozenset(unreadable)
            self._publish(found)
            if (due := timeout.when()) is not None and due > loop.time():
                timeout.reschedule(loop.time() + self._resync_seconds)

        async def handle(entry: ReceivedMessage) -> None:
            _apply(entry, found, unreadable)
            if complete:
                caught_up()

        def begin_anew() -> None:
            """After a break markers may be gone that were never read."""
            if not timeout.expired():
                timeout.reschedule(loop.time())

        reader = OrderedReader(self._broker, STREAM, self._clock, self._subjects)
        try:
            async with asyncio.timeout(SNAPSHOT_TIMEOUT_SECONDS) as timeout:
                self._broker.listeners.add(begin_anew)
                try:
                    await reader.read(handle, caught_up=caught_up)
                finally:
                    self._broker.listeners.remove(begin_anew)
        except TimeoutError:
            return

    def _publish(self, pipelines: Pipelines) -> None:
        if pipelines == self._pipelines:
            return
        self._pipelines = MappingProxyType(dict(pipelines))
        self._changed.notify()


def _apply(
    entry: ReceivedMessage, pipelines: dict[str, StoredPipeline], unreadable: set[str]
) -> None:
    name = entry.subject.rpartition(".")[2]
    unreadable.discard(name)
    if KEY_VALUE_OPERATION in entry.headers:
        pipelines.pop(name, None)
        return
    try:
        pipelines[name] = stored_pipeline(name, entry.payload, entry.sequence)
    except InvalidDocument as error:
        # What somebody else wrote there must not end the feed.
        unreadable.add(name)
        log.error("stored pipeline is unreadable", pipeline=name, error=str(error))
