"""A long-lived pull of one consumer, within a bound in count and bytes.

nats-py's `fetch` has no bound in bytes, is not sent again after a reconnect, and loses what was
delivered when it is cancelled. So the pull requests are our own, with one inbox a connection.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from framemesh.core.clock import NANO, Clock
from framemesh.core.errors import FramemeshError
from framemesh.runtime.dataplane import received_message as contract
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone, NotPermitted, PullTooSmall
from framemesh.runtime.jetstream.api.errors import ConsumerNotFound, StreamNotFound
from framemesh.runtime.jetstream.api.headers import (
    DESCRIPTION,
    STATUS,
    STATUS_HEARTBEAT,
    STATUS_NO_RESPONDERS,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.subjects import consumer_info, consumer_next
from framemesh.runtime.jetstream.connection.broker import (
    Broker,
    BrokerUnavailable,
    PermissionDenied,
)
from framemesh.runtime.jetstream.consume.pull_budget import PullBudget, Request
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage, received_message

EXPIRES_SECONDS = 30
HEARTBEAT_SECONDS = 2.0
FAST_HEARTBEAT_SECONDS = 0.5
"""Of the request after a lost one: during an election of the consumer's leader requests get no
answer, and the next one should come soon after it."""

MISSED_HEARTBEATS = 2.5
"""After which a request counts as lost."""

DRAIN_TIMEOUT_SECONDS = 1.0

UNSUBSCRIBE_TIMEOUT_SECONDS = 0.1
"""For writing one line, which a broker that hangs may not take."""

POLL_SECONDS = 0.5
"""Timeout for the info of a consumer, which does not answer while it has no leader."""

RETRY_SECONDS = 0.2
"""Before the info of a consumer without a leader is requested again."""

GONE = ("Consumer Deleted", "Stream Deleted")
TOO_LARGE = "Message Size Exceeds MaxBytes"
"""The next message is larger than what is left of the requested bytes."""
TOO_MANY = "Exceeded MaxWaiting"
"""The consumer has as many waiting requests as it takes."""


class Puller:
    """Requests as many messages of one consumer as the limits leave, one request at a time."""

    def __init__(
        self,
        broker: Broker,
        stream: str,
        consumer: str,
        *,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
        clock: Clock,
        on_silence: Callable[[], None] | None = None,
        on_gap: Callable[[], None] | None = None,
        batch_window_seconds: float = 0,
        acks: bool = True,
    ) -> None:
        """
        Args:
            deliver: called on the event loop for each message; must not block. `done` frees the
                room of the message.
            on_silence: called when the consumer does not answer: it has no leader for a moment or,
                without replicas, its server is away.
            on_gap: for the only pull of a new consumer: called when a message was lost on its way,
                as between two servers, or when the leader of the consumer changed. The message
                would be redelivered after newer ones, or never; so no more are delivered.

        `acks`: whether the consumer waits for acks; without them nothing is lost when it ends.

        `batch_window_seconds`: messages that arrive one by one wait this long at the broker and are
        delivered together, which costs both sides much less.
        """
        self._broker = broker
        self._stream = stream
        self._consumer = consumer
        self._name = f"{stream}.{consumer}"
        self._next = consumer_next(stream, consumer)
        self._consumers = JetStream(broker, POLL_SECONDS).consumers
        self._budget = PullBudget(limits)
        self._deliver = deliver
        self._clock = clock
        self._on_silence = on_silence or (lambda: None)
        self._on_gap = on_gap
        self._batch_window_seconds = batch_window_seconds
        self._acks = acks
        self._pause_seconds: float | None = None
        """Delay before the next request; None: the last one got no messages."""
        self._delivered = 0
        """The consumer's sequence number of the last delivery."""
        self.inbox = broker.client.new_inbox()
        self._subscription: Subscription | None = None
        self._request: Request | None = None
        self._numbers = count(1)
        self._reply = ""
        """The reply subject of the current request: the broker also reports the ends of abandoned
        ones."""
        self._refused = False
        """The last request was refused, and would be refused again now."""
        self._no_responders = False
        """A request had no responders: the consumer is gone, or has no leader for a moment."""
        self._fault: FramemeshError | None = None
        """The error that ended it."""
        self._changed = asyncio.Event()
        self._last_sign_at = clock.monotonic()
        """When a message or a heartbeat came last, or a request was sent."""
        self._heartbeat_seconds = HEARTBEAT_SECONDS
        """The interval of the current request."""
        self._request_lost = False
        """The last request was lost."""

    def limit(self, limits: PullLimits) -> None:
        """See Pull."""
        self._budget.limit(limits)
        self._refused = False
        self._changed.set()

    def done(self, message: contract.ReceivedMessage) -> None:
        """See Pull."""
        self._budget.done(len(message.payload))
        self._refused = False
        self._changed.set()

    async def run(self) -> None:
        """Request messages until cancelled: see Pull.

        Raises:
            ConsumerGone, PullTooSmall, NotPermitted: see Pull.
        """
        self._broker.listeners.add(self._changed.set)
        try:
            while self._fault is None:
                self._changed.clear()
                await self._broker.connected.wait()
                if self._no_responders:
                    await self._check_consumer()
                    continue
                await self._abandon_silent_request()
                await self._send_request()
                await self._wait()
        finally:
            self._broker.listeners.remove(self._changed.set)
        raise self._fault

    @property
    def _inbox_subjects(self) -> str:
        """All reply subjects of this pull."""
        return f"{self.inbox}.*"

    async def open(self) -> None:
        """Subscribe to the inbox; messages arrive from now on."""
        # Our own limits bound what can arrive.
        self._subscription = await self._broker.client.subscribe_direct(
            self._inbox_subjects, self.on_message
        )

    async def close(self) -> None:
        """Unsubscribe; no messages arrive any more."""
        if self._subscription is None:
            return
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            if self._acks:
                # Messages on their way still arrive: dropped ones would be missing until their ack
                # wait ends.
                async with asyncio.timeout(DRAIN_TIMEOUT_SECONDS):
                    await self._subscription.drain()  # type: ignore[no-untyped-call]
            else:
                async with asyncio.timeout(UNSUBSCRIBE_TIMEOUT_SECONDS):
                    await self._subscription.unsubscribe()
        self._broker.client.forget(self._subscription)

    def on_disconnected(self) -> None:
        """Requests over the broken connection get no more messages."""
        if self._request:
            self._budget.shrink(self._broker.client.max_payload)
        self._abandon_request()

    def on_permission_denied(self, refusal: PermissionDenied) -> None:
        ours = (self._inbox_subjects, self._next, consumer_info(self._stream, self._consumer))
        ack = (
            refusal.subject.startswith("$js.ack.") and f".{self._name}.".lower() in refusal.subject
        )
        if ack or refusal.subject in map(str.lower, ours):
            self._fault = NotPermitted(refusal.why)
            self._changed.set()

    def on_message(self, message: Msg) -> None:
        self._last_sign_at = self._clock.monotonic()
        self._request_lost = False
        headers = message.headers or {}
        status = headers.get(STATUS)
        if status is None:
            self._take(message)
        # Only the current request can end.
        elif status != STATUS_HEARTBEAT and message.subject == self._reply:
            self._end_request(status, headers.get(DESCRIPTION, ""))
        self._changed.set()

    def _take(self, message: Msg) -> None:
        self._pause_seconds = self._batch_window_seconds
        self._budget.delivered(len(message.data))
        # A late message of an abandoned request counts against the limits only.
        if self._request:
            self._request.unanswered -= 1
            if self._request.unanswered == 0:
                if self._request.messages > 1:
                    # There was as much as was requested, and there may be more.
                    self._pause_seconds = 0
                self._request = None
        found = received_message(message, self._broker.client)
        if self._on_gap and found.number != self._delivered + 1:
            self._on_gap()
            return
        self._delivered = found.number
        self._deliver(found)

    def _end_request(self, status: str, why: str) -> None:
        """Its time is over, its bytes are used up, or something is wrong."""
        request, self._request = self._request, None
        self._no_responders = status == STATUS_NO_RESPONDERS
        if why.startswith(GONE):
            self._fault = ConsumerGone(f"{self._name} was deleted")
        elif request and request.got_nothing and why.startswith((TOO_LARGE, TOO_MANY)):
            self._refused = True
            if why.startswith(TOO_LARGE) and not self._budget.grow(request):
                self._fault = PullTooSmall(
                    f"the next message of {self._name} is larger than {request.bytes} bytes:"
                    " let the pull have more"
                )

    def _abandon_request(self) -> None:
        """Receive nothing more of the current request. The broker keeps it until it expires, so the
        next one gets another inbox."""
        self._request = None
        self.inbox = self._broker.client.new_inbox()
        if self._subscription:
            self._broker.client.rename(self._subscription, self._inbox_subjects)

    async def _wait(self) -> None:
        try:
            # The timeout is for requests that were lost without an error.
            async with asyncio.timeout(self._heartbeat_seconds):
                await self._changed.wait()
        except TimeoutError:
            self._refused = False

    async def _abandon_silent_request(self) -> None:
        silence = self._clock.monotonic() - self._last_sign_at
        if self._request and silence > MISSED_HEARTBEATS * self._heartbeat_seconds:
            self._abandon_request()
            self._request_lost = True
            if self._subscription:
                await self._broker.client.renew(self._subscription)
            self._on_silence()

    async def _send_request(self) -> None:
        if self._request or self._refused or (request := self._budget.next_request()) is None:
            return
        if self._batch_window_seconds:
            request = await self._batched(request)
        self._request, self._pause_seconds = request, None
        self._reply = f"{self.inbox}.{next(self._numbers)}"
        self._last_sign_at = self._clock.monotonic()
        self._heartbeat_seconds = (
            FAST_HEARTBEAT_SECONDS if self._request_lost else HEARTBEAT_SECONDS
        )
        body: dict[str, object] = {"batch": request.messages, "max_bytes": request.bytes}
        if request.waits:
            body["expires"] = EXPIRES_SECONDS * NANO
            body["idle_heartbeat"] = int(self._heartbeat_seconds * NANO)
        else:
            body["no_wait"] = True
        # A request that cannot be written is lost with the connection, and sent over the next one.
        with contextlib.suppress(nats.errors.Error):
            await self._broker.client.publish(self._next, json.dumps(body).encode(), self._reply)

    async def _batched(self, request: Request) -> Request:
        """For all that arrives in the batch window after a message, else for the next message."""
        if self._pause_seconds is None:
            return replace(request, messages=1, unanswered=1)
        await asyncio.sleep(self._pause_seconds)
        return replace(request, waits=False)

    async def _check_consumer(self) -> None:
        self._no_responders = False
        try:
            await self._consumers.info(self._stream, self._consumer)
        except (ConsumerNotFound, StreamNotFound):
            self._on_silence()
            self._fault = ConsumerGone(f"{self._name} does not exist")
        except BrokerUnavailable:
            self._on_silence()
            self._no_responders = True
            await asyncio.sleep(RETRY_SECONDS)


@asynccontextmanager
async def puller(
    broker: Broker,
    stream: str,
    consumer: str,
    *,
    limits: PullLimits,
    deliver: Callable[[ReceivedMessage], None],
    clock: Clock,
    on_silence: Callable[[], None] | None = None,
    on_gap: Callable[[], None] | None = None,
    batch_window_seconds: float = 0,
    acks: bool = True,
) -> AsyncIterator[Puller]:
    """A puller that is subscribed for as long as the context lasts; the caller runs its `run`."""
    found = Puller(
        broker,
        stream,
        consumer,
        limits=limits,
        deliver=deliver,
        clock=clock,
        on_silence=on_silence,
        on_gap=on_gap,
        batch_window_seconds=batch_window_seconds,
        acks=acks,
    )
    broker.disconnect_listeners.add(found.on_disconnected)
    broker.permission_listeners.add(found.on_permission_denied)
    try:
        await found.open()
        yield found
    finally:
        await found.close()
        broker.disconnect_listeners.remove(found.on_disconnected)
        broker.permission_listeners.remove(found.on_permission_denied)
