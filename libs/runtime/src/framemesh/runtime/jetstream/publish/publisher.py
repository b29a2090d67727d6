"""Publishes to JetStream with a window, acknowledgements and timeouts of its own.

nats-py's `publish_async` never resolves for an error answer and has no timeout. So each message has
a reply subject, and one subscription takes all answers.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.fair_window import FairWindow
from framemesh.runtime.dataplane.errors import (
    AlreadyStored,
    BrokerFull,
    NotPermitted,
    PublishRefused,
    StreamFull,
    StreamMissing,
)
from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage
from framemesh.runtime.jetstream.api.errors import (
    UNAVAILABLE,
    ApiError,
    InsufficientResources,
    MessageNotFound,
    StoreFailed,
    StreamNotFound,
    WriteInProgress,
    WrongLastSequence,
    api_error,
)
from framemesh.runtime.jetstream.api.headers import (
    EXPECTED_LAST_ON_SUBJECT,
    STATUS,
    STATUS_NO_RESPONDERS,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import (
    ANSWER_TIMEOUT_SECONDS,
    Broker,
    BrokerUnavailable,
    PermissionDenied,
)

WINDOW_MESSAGES = 512
WINDOW_BYTES = 32 * 1024 * 1024
"""Limits of unanswered messages, of all streams together. One stream alone gets half, which keeps a
broker busy; the rest is there because a stream may not answer for ANSWER_TIMEOUT_SECONDS."""

BUSY = {429, 500, UNAVAILABLE}
"""Statuses: too many requests, something is wrong with the server, it cannot answer now."""

RESEND_SECONDS = 2.0
"""After which an unanswered message to a cluster is sent once more: the server that had it may be
gone, which clients of other servers are not told. The server recognises a duplicate."""

SWEEP_SECONDS = 0.25
"""Interval of the check for such messages, and for those that are given up."""

POLL_SECONDS = 1.0
"""For the list of streams, which takes milliseconds, or an election that is not waited for."""


def headers_of(message: OutboundMessage) -> dict[str, str]:
    """The headers of a message, with the one by which the broker recognises it."""
    identity = {ID_HEADER: message.id} if message.id else {}
    if message.first or not message.id:
        identity[EXPECTED_LAST_ON_SUBJECT] = "0"
    return {**identity, **message.headers}


@dataclass(slots=True, eq=False)
class _Attempt:
    """A message in progress and its answer."""

    message: OutboundMessage
    answer: asyncio.Future[int | None]
    """What `store` returns."""
    sent_at: float
    """By the clock of the event loop."""
    repeated: bool = False

    def fail(self, fault: FramemeshError) -> None:
        if not self.answer.done():
            self.answer.set_exception(fault)


class Publisher:
    """Stores messages, many at once, within a window that all streams share fairly."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._window = FairWindow(WINDOW_MESSAGES, WINDOW_BYTES)
        self.inbox = broker.client.new_inbox()
        self._tokens = count()
        self._attempts: dict[str, _Attempt] = {}
        """By reply subject."""
        self._subscription: Subscription | None = None
        self._inbox_denied = False
        """We had no permission for the inbox when we last subscribed to it."""

    async def store(self, message: OutboundMessage) -> int | None:
        """Publish once, and return when the stream has stored the message: see Sink.

        Raises:
            StreamFull, StreamMissing, AlreadyStored, PublishRefused, NotPermitted: see Sink.
            BrokerUnavailable: no answer in time; the message is stored or not.
        """
        try:
            begun = self.begin_store(message)
            return await (self._store_in_turn(message) if begun is None else begun)
        except StreamMissing as error:
            # During an election of its leader a stream takes no subjects either.
            if await self._has_stream(message.subject):
                raise BrokerUnavailable("the stream has no leader at the moment") from error
            raise
        except AlreadyStored:
            # The broker looks at the subject before the id.
            if not (message.first and await self._is_stored(message)):
                raise
            return None

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """See PromptSink."""
        stream, size = message.stream, len(message.payload)
        if not self._broker.connected.is_set() or self._inbox_denied:
            return None
        if not self._window.try_acquire(stream, size):
            return None
        reply = self._next_reply()
        client = self._broker.client
        begun = False
        # `store` says why.
        with contextlib.suppress(nats.errors.MaxPayloadError):
            begun = client.publish_now(message.subject, message.payload, reply, headers_of(message))
        if not begun:
            self._window.release(stream, size)
            return None
        loop = asyncio.get_running_loop()
        attempt = _Attempt(message, loop.create_future(), loop.time())
        self._attempts[reply] = attempt
        attempt.answer.add_done_callback(partial(self._end, reply, stream, size))
        return attempt.answer

    def _end(self, reply: str, stream: str, size: int, _: asyncio.Future[int | None]) -> None:
        del self._attempts[reply]
        self._window.release(stream, size)

    async def _store_in_turn(self, message: OutboundMessage) -> int | None:
        """Where the connection, or other messages, have to be waited for."""
        stream, size = message.stream, len(message.payload)
        await self._window.acquire(stream, size)
        try:
            return await self._attempt(message)
        finally:
            self._window.release(stream, size)

    async def _attempt(self, message: OutboundMessage) -> int | None:
        loop = asyncio.get_running_loop()
        reply = self._next_reply()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                await self._broker.connected.wait()
                attempt = _Attempt(message, loop.create_future(), loop.time())
                self._attempts[reply] = attempt
                await self._renew_subscription()
                await self._send(message, reply)
                return await attempt.answer
        except TimeoutError as error:
            raise self._late() from error
        except nats.errors.MaxPayloadError as error:
            raise PublishRefused(
                f"{len(message.payload)} bytes and their headers are over max_payload: send less"
            ) from error
        except nats.errors.Error as error:
            raise BrokerUnavailable(f"{self._broker.url}: {error}") from error
        finally:
            self._attempts.pop(reply, None)

    def _next_reply(self) -> str:
        return f"{self.inbox}.{next(self._tokens)}"

    def _late(self) -> BrokerUnavailable:
        return BrokerUnavailable(f"{self._broker.url} did not answer in time")

    async def _send(self, message: OutboundMessage, reply: str) -> None:
        await self._broker.client.publish(
            message.subject, message.payload, reply, headers_of(message)
        )

    async def sweep(self) -> None:
        """Give up messages that got no answer in time, and send late ones to a cluster once more.
        Runs until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            overdue = loop.time() - ANSWER_TIMEOUT_SECONDS
            for attempt in self._attempts.values():
                if attempt.sent_at < overdue:
                    attempt.fail(self._late())
            if len(self._broker.client.servers) == 1 or not self._broker.connected.is_set():
                continue
            late = loop.time() - RESEND_SECONDS
            for reply, attempt in list(self._attempts.items()):
                if attempt.sent_at < late and not attempt.repeated and not attempt.answer.done():
                    attempt.repeated = True
                    # A message that cannot be sent runs into its timeout anyway.
                    with contextlib.suppress(nats.errors.Error, TimeoutError):
                        async with asyncio.timeout(SWEEP_SECONDS):
                            await self._send(attempt.message, reply)

    async def open(self) -> None:
        """Subscribe to answers."""
        self._subscription = await self._broker.client.subscribe_direct(
            f"{self.inbox}.*", self.on_answer
        )

    async def close(self) -> None:
        """Unsubscribe from answers."""
        if self._subscription is not None:
            with contextlib.suppress(nats.errors.Error):  # the connection may be gone first
                await self._subscription.unsubscribe()

    async def _renew_subscription(self) -> None:
        """Subscribe again after a denied permission, which may have been granted since."""
        if self._inbox_denied and self._subscription is not None:
            self._inbox_denied = False
            await self._broker.client.renew(self._subscription)

    async def _has_stream(self, subject: str) -> bool:
        """Whether a stream takes the subject; also True when that is unknown."""
        with contextlib.suppress(BrokerUnavailable, ApiError):
            return bool(await JetStream(self._broker, POLL_SECONDS).streams.names(subject))
        return True

    async def _is_stored(self, message: OutboundMessage) -> bool:
        """Whether the message of its subject is this one."""
        try:
            stored = await JetStream(self._broker).messages.next(message.stream, message.subject)
        except (MessageNotFound, StreamNotFound):
            return False
        return stored.headers.get(ID_HEADER) == message.id

    def on_answer(self, message: Msg) -> None:
        attempt = self._attempts.get(message.subject)
        if attempt is None:
            return
        if fault := _fault(message):
            # The first copy is being stored, and its own answer is still to come.
            if not (attempt.repeated and isinstance(fault, WriteInProgress)):
                attempt.fail(fault)
        elif not attempt.answer.done():
            attempt.answer.set_result(_stored_before(message.data))

    def on_connected(self) -> None:
        """Fail messages whose answers were lost with the last connection."""
        lost = BrokerUnavailable(f"the connection to {self._broker.url} broke")
        for attempt in self._attempts.values():
            attempt.fail(lost)

    def on_permission_denied(self, refusal: PermissionDenied) -> None:
        answers = refusal.subject == f"{self.inbox}.*".lower()
        self._inbox_denied = self._inbox_denied or answers
        for reply, attempt in self._attempts.items():
            if answers or refusal.subject in {attempt.message.subject.lower(), reply.lower()}:
                attempt.fail(NotPermitted(refusal.why))


def _stored_before(answer: bytes) -> int | None:
    """The sequence number of the message that this one is a duplicate of."""
    if b'"duplicate"' not in answer:
        return None
    found = json.loads(answer)
    return int(found["seq"]) if found.get("duplicate") else None


def _fault(message: Msg) -> FramemeshError | None:
    if (message.headers or {}).get(STATUS) == STATUS_NO_RESPONDERS:
        return StreamMissing("no stream takes this subject")
    # The fast path for nearly every answer: parsing its JSON costs more than all the rest.
    if message.data.startswith(b'{"stream"'):
        return None
    error = json.loads(message.data).get("error")
    return None if error is None else _refusal(api_error("publish", error))


def _refusal(error: ApiError) -> FramemeshError:
    """The error of the data plane for it."""
    match error:
        case StoreFailed() if error.of_stream:
            return StreamFull(error.description)
        case InsufficientResources() | StoreFailed():
            return BrokerFull(error.description)
        case WrongLastSequence():
            return AlreadyStored(error.description)
        case WriteInProgress():
            return error
    busy = error.status in BUSY
    return BrokerUnavailable(error.description) if busy else PublishRefused(error.description)


@asynccontextmanager
async def publisher(broker: Broker) -> AsyncIterator[Publisher]:
    """A publisher that receives answers for as long as the context lasts."""
    found = Publisher(broker)
    broker.listeners.add(found.on_connected)
    broker.permission_listeners.add(found.on_permission_denied)
    try:
        await found.open()
        async with background_task(found.sweep()):
            yield found
    finally:
        await found.close()
        broker.listeners.remove(found.on_connected)
        broker.permission_listeners.remove(found.on_permission_denied)
