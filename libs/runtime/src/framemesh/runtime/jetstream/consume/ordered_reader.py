"""Reads a stream from a sequence number on, each message once, in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.jetstream.api.errors import ApiError, StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamState
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.puller import Puller, puller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger

log = get_logger()

INACTIVE_THRESHOLD_SECONDS = 60
"""After which the broker deletes the consumer of a reader that is gone."""

RETRY_SECONDS = 0.5
LIMITS = PullLimits(messages=512, bytes=8 * 1024 * 1024)

Handler = Callable[[ReceivedMessage], Awaitable[None]]


class StreamGone(ConsumerGone):
    """The stream does not exist."""


@dataclass(frozen=True, slots=True)
class SequenceRange:
    """The sequence numbers from `first` to `last`, both included. In an empty stream `first` is the
    number that its next message will have, and `last` the one before."""

    first: int
    last: int

    def __bool__(self) -> bool:
        """Whether it is not empty."""
        return self.first <= self.last


class OrderedReader:
    """A reader of one stream that survives restarts of the broker."""

    def __init__(
        self,
        broker: Broker,
        stream: str,
        clock: Clock,
        subjects: Sequence[str] = (),
        *,
        batch_window_seconds: float = 0,
        headers_only: bool = False,
    ) -> None:
        """
        Args:
            subjects: read only messages of these, which may have wildcards; empty: all.
            batch_window_seconds: how long a message may be held back, to come with others.
            headers_only: messages come without their payload.
        """
        self._headers_only = headers_only
        self._broker = broker
        self._jetstream = JetStream(broker)
        self._stream = stream
        self._clock = clock
        self._subjects = tuple(subjects)
        self._batch_window_seconds = batch_window_seconds
        self._after = 0
        self._caught_up: Callable[[], None] = lambda: None
        self.created = ""
        """When the stream was created, which tells it from a later one of the same name."""

    async def last_sequence(self) -> int:
        """Of the newest message that ever was in the stream; 0: there never was one.

        Raises:
            StreamGone: there is no such stream, or it was deleted and created anew.
            BrokerUnavailable: no answer in time.
        """
        return (await self._state()).last_sequence

    async def extent(self) -> SequenceRange:
        """The sequence numbers that the stream holds.

        Raises:
            StreamGone, BrokerUnavailable: as `last_sequence`.
        """
        state = await self._state()
        last = state.last_sequence
        return SequenceRange(state.first_sequence if state.messages else last + 1, last)

    async def read(
        self, handle: Handler, after: int = 0, caught_up: Callable[[], None] | None = None
    ) -> NoReturn:
        """Pass the messages after sequence number `after` to `handle`, one by one, until cancelled.

        A slow handler slows the requests for more down. `caught_up` is called whenever all that the
        broker had for this reader is handled; a replica that lags may have less than its leader.

        Raises:
            StreamGone: there is no such stream, or it was deleted. One that is created under its
                name later needs another reader.
        """
        self._after, self._caught_up = after, caught_up or (lambda: None)
        renewed = asyncio.Event()
        self._broker.listeners.add(renewed.set)
        gone = False
        try:
            while not gone:
                renewed.clear()
                try:
                    consumer = await self._make_consumer(self._after + 1)
                    await self._read_consumer(consumer, handle, renewed)
                except* StreamGone:
                    gone = True
                except* BrokerUnavailable as group:
                    why = "; ".join(map(str, group.exceptions))
                    log.info("reader starts again", stream=self._stream, after=self._after, why=why)
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._broker.listeners.remove(renewed.set)
        raise self._gone()

    async def _read_consumer(self, consumer: str, handle: Handler, renewed: asyncio.Event) -> None:
        """Read until the consumer is gone, or a reconnect: messages on their way over the lost
        connection do not come again, as the consumer has no acks.

        Raises:
            BrokerUnavailable: one of them happened, and what arrived before is handled.
        """
        # Bounded by the limits of the pull.
        arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
        async with (
            puller(
                self._broker,
                self._stream,
                consumer,
                limits=LIMITS,
                deliver=arrived.put_nowait,
                clock=self._clock,
                # It has no replicas: when its server is away, another one is created elsewhere.
                on_silence=renewed.set,
                on_gap=renewed.set,
                batch_window_seconds=self._batch_window_seconds,
                acks=False,
            ) as pull,
            TaskGroup() as tasks,
        ):
            handling = tasks.create_task(self._handle(arrived, pull, handle))
            await cancel_when(renewed, _until_gone(pull))
            # A handler that is cancelled halfway would get its message a second time.
            await arrived.join()
            handling.cancel()
        raise BrokerUnavailable("the consumer is gone, or the connection was lost")

    async def _handle(
        self, arrived: asyncio.Queue[ReceivedMessage], pull: Puller, handle: Handler
    ) -> None:
        while True:
            message = await arrived.get()
            # A new consumer may begin where the last one ended.
            if message.sequence > self._after:
                await handle(message)
                self._after = message.sequence
            if message.pending == 0:
                self._caught_up()
            pull.done(message)
            arrived.task_done()

    async def _state(self) -> StreamState:
        try:
            info = await self._jetstream.streams.info(self._stream)
        except StreamNotFound as error:
            raise self._gone() from error
        if self.created and info.created != self.created:
            raise StreamGone(f"stream {self._stream} was deleted and made anew")
        self.created = info.created
        return info.state

    async def _make_consumer(self, start: int) -> str:
        config = ConsumerConfig(
            ack_policy="none",
            start_sequence=start,
            memory_storage=True,
            replicas=1,
            inactive_threshold_seconds=INACTIVE_THRESHOLD_SECONDS,
            filter_subjects=self._subjects,
            headers_only=self._headers_only,
        )
        try:
            name = await self._jetstream.consumers.create(self._stream, config)
        except StreamNotFound as error:
            raise self._gone() from error
        except ApiError as error:
            raise BrokerUnavailable(f"cannot read {self._stream}: {error}") from error
        # After the consumer was created: a stream that replaced ours before that is found here, and
        # one that replaces ours later deletes the consumer.
        state = await self._state()
        if not state.messages or state.last_sequence < start:
            self._caught_up()
        return name

    def _gone(self) -> StreamGone:
        return StreamGone(f"stream {self._stream} does not exist")


async def _until_gone(pull: Puller) -> None:
    """Pull until the consumer is gone.

    Handled here, because a task group whose task fails as the group is cancelled raises the error
    alone: the cancellation would be lost, and the reader go on for ever.
    """
    try:
        await pull.run()
    except ConsumerGone as error:
        log.debug("consumer is gone", why=str(error))
