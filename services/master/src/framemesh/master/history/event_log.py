"""The events of the last day, in one stream of JetStream."""

import asyncio
import contextlib
import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

from framemesh.core.clock import NANO, Clock
from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.metrics.mesh import EVENTS
from framemesh.master.history.events import Event, EventKind
from framemesh.master.history.repeats import Repeats
from framemesh.runtime.dataplane.outbound_message import ID_HEADER
from framemesh.runtime.jetstream.api.errors import (
    InsufficientResources,
    NoSuitablePeers,
    StreamNameInUse,
    StreamNotFound,
    retryable,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, NoResponders
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import NO_METER, Meter

log = get_logger()

EVENTS_STREAM = "framemesh-events"

MAX_AGE_SECONDS = 24 * 3600.0
MAX_BYTES = 8 * 1024 * 1024
"""Some 20,000 events."""

MAX_OF_KIND = 200
"""Of each kind of each pipeline; then the oldest go. Many of one kind push out none of another."""

MAX_TOLD = 1000
"""Of one pipeline, the newest: half a megabyte."""

BATCH = 500
"""Messages that are asked for at once."""

MAX_MESSAGE = 300
"""Letters of a message; the rest is cut off."""

MAX_QUEUED = 1000
"""Events that wait for the broker. It is away for seconds, or somebody looks elsewhere anyway."""

RETRY_SECONDS = 1.0
"""Before an event that the broker did not take is written again."""

PERIOD_SECONDS = 5.0
"""Between two looks for repeats that are due, when nothing else happens."""


@dataclass(frozen=True, slots=True)
class _Queued:
    """An event on its way into the stream. Its id tells a second attempt from a second event."""

    event: Event
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class EventLog:
    """Keeps events, and tells them.

    `create`, `of` and `forget` raise BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker, clock: Clock, meter: Meter = NO_METER) -> None:
        self._meter = meter
        self._jetstream = JetStream(broker)
        self._clock = clock
        self._repeats = Repeats()
        self._queue: deque[_Queued] = deque()
        self._news = asyncio.Event()
        self._dropped = 0

    async def create(self) -> None:
        """Make the stream, unless it is there. Where the broker has no room for it, events wait and
        get lost, and all else goes on."""
        with retryable("cannot make the stream of events"):
            try:
                await self._jetstream.streams.create(_CONFIG)
            except StreamNameInUse:
                # It has more replicas than it was made with.
                return
            except (InsufficientResources, NoSuitablePeers) as error:
                log.warning("no room for events", error=error.description)

    def record(self, pipeline: str, kind: EventKind, message: str) -> None:
        """Keep an event; it is in the stream soon after, while `run` runs."""
        self._meter.counter(EVENTS, pipeline, kind.value).add()
        at = datetime.fromtimestamp(self._clock.unix_nano() / NANO, UTC)
        event = Event(at, pipeline, kind, " ".join(message.split())[:MAX_MESSAGE])
        if self._repeats.first(event, self._clock.monotonic()):
            log.info(kind.value.replace("_", " "), pipeline=pipeline, message=event.message)
            self._put(event)

    async def of(self, pipeline: str) -> list[Event]:
        """The events of a pipeline in the last day, the newest last; the newest MAX_TOLD of more.

        What was recorded in the last milliseconds may be missing.
        """
        newest: deque[StoredMessage] = deque(maxlen=MAX_TOLD)
        found = await self._batch(pipeline, 1)
        while found:
            newest += found
            found = await self._batch(pipeline, found[-1].sequence + 1)
        events = [event for event in map(_event, newest) if event is not None]
        return sorted(events, key=lambda event: event.at)

    async def forget(self, pipeline: str) -> None:
        """Remove all events of a pipeline that is deleted: another one may get its name."""
        self._repeats.forget(pipeline)
        self._queue = deque(each for each in self._queue if each.event.pipeline != pipeline)
        with retryable("cannot remove events"), contextlib.suppress(StreamNotFound):
            await self._jetstream.streams.purge(EVENTS_STREAM, _subject(pipeline, "*"))

    async def run(self) -> NoReturn:
        """Write what is recorded, until cancelled."""
        while True:
            self._news.clear()
            for event in self._repeats.due(self._clock.monotonic()):
                self._put(event)
            await self._write_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PERIOD_SECONDS):
                    await self._news.wait()

    def _put(self, event: Event) -> None:
        self._queue.append(_Queued(event))
        if len(self._queue) > MAX_QUEUED:
            self._queue.popleft()
            self._dropped += 1
        self._news.set()

    async def _write_all(self) -> None:
        while self._queue:
            first = self._queue[0]
            try:
                await self._write(first)
            except BrokerUnavailable as error:
                log.warning("event is not stored, will try again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            # It may have been forgotten, or dropped, meanwhile.
            if self._queue and self._queue[0] is first:
                self._queue.popleft()
        if self._dropped:
            log.warning("the broker was away: events were dropped", dropped=self._dropped)
            self._dropped = 0

    async def _write(self, queued: _Queued) -> None:
        event = queued.event
        payload = json.dumps(dump(event)).encode()
        subject = _subject(event.pipeline, event.kind.value)
        with retryable("cannot store an event"):
            try:
                await self._jetstream.messages.store(subject, payload, {ID_HEADER: queued.id})
            except NoResponders:
                # There was no room for the stream, or somebody deleted it.
                await self.create()
                raise

    async def _batch(self, pipeline: str, from_sequence: int) -> list[StoredMessage]:
        with retryable("cannot read events"):
            try:
                return await self._jetstream.messages.direct_batch(
                    EVENTS_STREAM, _subject(pipeline, "*"), from_sequence, BATCH
                )
            except NoResponders:
                # There was no room for the stream: a pipeline is shown without its events.
                return []


_CONFIG = StreamConfig(
    name=EVENTS_STREAM,
    subjects=("events.>",),
    discard="old",
    max_bytes=MAX_BYTES,
    max_age_seconds=MAX_AGE_SECONDS,
    max_messages_per_subject=MAX_OF_KIND,
    allow_direct=True,
)


def _subject(pipeline: str, kind: str) -> str:
    return f"events.{pipeline}.{kind}"


def _event(message: StoredMessage) -> Event | None:
    """None: a newer master wrote it, of a kind that this one does not know."""
    try:
        return read(json.loads(message.payload), Event, "event")
    except (ValueError, InvalidDocument) as error:
        log.debug("event cannot be read", subject=message.subject, error=str(error))
        return None
