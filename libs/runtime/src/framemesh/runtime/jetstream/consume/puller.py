"""A long-lived pull: keeps a consumer's messages coming, within a bound in count and bytes.

nats-py's `fetch` has no bound in bytes, is not issued anew when the connection is, and strands
what was delivered when it is cancelled; so the pull requests are our own, with one inbox for all
of one connection.
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
from framemesh.runtime.dataplane.errors import ConsumerGone, NotPermitted, PullTooSmall
from framemesh.runtime.dataplane.plane import PullLimits
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
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage, delivery

EXPIRES_SECONDS = 30
HEARTBEAT_SECONDS = 2.0
FAST_HEARTBEAT_SECONDS = 0.5
"""Of a request after one that was lost: who asks a consumer whose servers elect a leader hears
nothing, and should be there soon after it has one."""

MISSED_HEARTBEATS = 2.5
"""After which a request is lost."""

DRAIN_TIMEOUT_SECONDS = 1.0

UNSUBSCRIBE_TIMEOUT_SECONDS = 0.1
"""For writing one line, which a broker that hangs may not take."""

POLL_SECONDS = 0.5
"""For what a consumer says of itself. One without a leader says nothing, and may have one soon."""

RETRY_SECONDS = 0.2
"""Before a consumer without a leader is looked for again."""

GONE = ("Consumer Deleted", "Stream Deleted")
TOO_LARGE = "Message Size Exceeds MaxBytes"
"""The next message is larger than what is left of the bytes that were asked for."""
TOO_MANY = "Exceeded MaxWaiting"
"""Others ask the same consumer, as many as it hears."""


class Puller:
    """Asks one consumer for as much as there is room for, one request at a time, and hands on what
    comes."""

    def __init__(
        self,
        broker: Broker,
        stream: str,
        consumer: str,
        *,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
        clock: Clock,
        lost: Callable[[], None] | None = None,
        on_gap: Callable[[], None] | None = None,
        batch_window_seconds: float = 0,
        acks: bool = True,
    ) -> None:
        """`deliver` is called for every message, on the event loop, and must not block. Whoever is
        done with a message says so with `done`, which makes room for another.

        `lost` is called when the consumer does not answer: it has no leader for a moment or, where
        it has no replicas, its server is away, for as long as that takes.

        `on_gap` is for who alone pulls from a consumer, which is new: called when a message was
        lost on its way, as between two servers, or when the consumer changes its leader. It would
        come again after others, or never; so none is delivered any more.

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
        self._room = PullBudget(limits)
        self._deliver = deliver
        self._clock = clock
        self._lost = lost or (lambda: None)
        self._on_gap = on_gap
        self._gather_seconds = batch_window_seconds
        self._acks = acks
        self._pause_seconds: float | None = None
        """Before all that is there is asked for; None: for the last request nothing came."""
        self._delivered = 0
        """The number of the last message, as the consumer counts."""
        self.inbox = broker.client.new_inbox()
        self._subscription: Subscription | None = None
        self._request: Request | None = None
        self._numbers = count(1)
        self._reply = ""
        """Where the broker says that the request has ended: to each its own, as it may say so when
        we know already, and ask again."""
        self._refused = False
        """The last request was refused, and would be again at this moment."""
        self._unheard = False
        """A request found nobody: the consumer is gone, or has no leader for a moment."""
        self._fault: FramemeshError | None = None
        """Why it is over."""
        self._changed = asyncio.Event()
        self._heard_at = clock.monotonic()
        """When a message or a heartbeat came last, or was asked for."""
        self._heartbeat_seconds = HEARTBEAT_SECONDS
        """Between those that were asked for."""
        self._anxious = False
        """The last request was lost."""

    def done(self, delivery: contract.ReceivedMessage) -> None:
        """A message that was delivered is dealt with."""
        self._room.give(len(delivery.payload))
        self._refused = False
        self._changed.set()

    async def run(self) -> None:
        """Pull until cancelled: see Pull.

        Raises:
            ConsumerGone, PullTooSmall, NotPermitted: it is over.
        """
        self._broker.listeners.add(self._changed.set)
        try:
            while self._fault is None:
                self._changed.clear()
                await self._broker.connected.wait()
                if self._unheard:
                    await self._look_for_consumer()
                    continue
                await self._forget_silent_request()
                await self._ask()
                await self._wait()
        finally:
            self._broker.listeners.remove(self._changed.set)
        raise self._fault

    @property
    def _answers(self) -> str:
        """Where all that is asked for comes."""
        return f"{self.inbox}.*"

    async def open(self) -> None:
        """Messages arrive from here on."""
        # Our own limits bound what can arrive; nats-py's would drop it.
        self._subscription = await self._broker.client.subscribe(
            self._answers, cb=self.on_message, pending_msgs_limit=0, pending_bytes_limit=0
        )

    async def close(self) -> None:
        """None arrive any more."""
        if self._subscription is None:
            return
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            if self._acks:
                # What is on its way still arrives: dropped, it would be missing until its ack wait
                # ends.
                async with asyncio.timeout(DRAIN_TIMEOUT_SECONDS):
                    await self._subscription.drain()  # type: ignore[no-untyped-call]
            else:
                async with asyncio.timeout(UNSUBSCRIBE_TIMEOUT_SECONDS):
                    await self._subscription.unsubscribe()
        self._broker.client.forget(self._subscription)

    def on_disconnected(self) -> None:
        """What was asked for does not come over the connection that broke."""
        if self._request:
            self._room.ask_for_less(self._broker.client.max_payload)
        self._give_up_request()

    def on_permission_denied(self, refusal: PermissionDenied) -> None:
        ours = (self._answers, self._next, consumer_info(self._stream, self._consumer))
        ack = (
            refusal.subject.startswith("$js.ack.") and f".{self._name}.".lower() in refusal.subject
        )
        if ack or refusal.subject in map(str.lower, ours):
            self._fault = NotPermitted(refusal.why)
            self._changed.set()

    async def on_message(self, message: Msg) -> None:
        self._heard_at = self._clock.monotonic()
        self._anxious = False
        headers = message.headers or {}
        status = headers.get(STATUS)
        if status is None:
            self._take(message)
        # Only the request under way can end.
        elif status != STATUS_HEARTBEAT and message.subject == self._reply:
            self._end_request(status, headers.get(DESCRIPTION, ""))
        self._changed.set()

    def _take(self, message: Msg) -> None:
        self._pause_seconds = self._gather_seconds
        self._room.take(len(message.data))
        # One that comes late, from a request that was given up, is counted as held alone.
        if self._request:
            self._request.unanswered -= 1
            if self._request.unanswered == 0:
                if self._request.messages > 1:
                    # There was as much as was asked for, and there may be more.
                    self._pause_seconds = 0
                self._request = None
        found = delivery(message, self._broker.client)
        if self._on_gap and found.number != self._delivered + 1:
            self._on_gap()
            return
        self._delivered = found.number
        self._deliver(found)

    def _end_request(self, status: str, why: str) -> None:
        """Its time is up, its bytes are used up, or something is wrong."""
        request, self._request = self._request, None
        self._unheard = status == STATUS_NO_RESPONDERS
        if why.startswith(GONE):
            self._fault = ConsumerGone(f"{self._name} was deleted")
        elif request and request.in_vain and why.startswith((TOO_LARGE, TOO_MANY)):
            self._refused = True
            if why.startswith(TOO_LARGE) and not self._room.ask_for_more(request):
                self._fault = PullTooSmall(
                    f"the next message of {self._name} is larger than {request.bytes} bytes:"
                    " let the pull have more"
                )

    def _give_up_request(self) -> None:
        """The broker has it in mind for its time. Under another name it does not reach us, beside
        what is asked for next."""
        self._request = None
        self.inbox = self._broker.client.new_inbox()
        if self._subscription:
            self._broker.client.rename(self._subscription, self._answers)

    async def _wait(self) -> None:
        try:
            # The timeout is for requests that were lost without a word.
            async with asyncio.timeout(self._heartbeat_seconds):
                await self._changed.wait()
        except TimeoutError:
            self._refused = False

    async def _forget_silent_request(self) -> None:
        silence = self._clock.monotonic() - self._heard_at
        if self._request and silence > MISSED_HEARTBEATS * self._heartbeat_seconds:
            self._give_up_request()
            self._anxious = True
            if self._subscription:
                await self._broker.client.renew(self._subscription)
            self._lost()

    async def _ask(self) -> None:
        if self._request or self._refused or (request := self._room.request()) is None:
            return
        if self._gather_seconds:
            request = await self._gathering(request)
        self._request, self._pause_seconds = request, None
        self._reply = f"{self.inbox}.{next(self._numbers)}"
        self._heard_at = self._clock.monotonic()
        self._heartbeat_seconds = FAST_HEARTBEAT_SECONDS if self._anxious else HEARTBEAT_SECONDS
        body: dict[str, object] = {"batch": request.messages, "max_bytes": request.bytes}
        if request.waits:
            body["expires"] = EXPIRES_SECONDS * NANO
            body["idle_heartbeat"] = int(self._heartbeat_seconds * NANO)
        else:
            body["no_wait"] = True
        # What cannot be written is lost with the connection, and asked for over the next one.
        with contextlib.suppress(nats.errors.Error):
            await self._broker.client.publish(self._next, json.dumps(body).encode(), self._reply)

    async def _gathering(self, request: Request) -> Request:
        """All that comes in a while, where something came just now; else the next message."""
        if self._pause_seconds is None:
            return replace(request, messages=1, unanswered=1)
        await asyncio.sleep(self._pause_seconds)
        return replace(request, waits=False)

    async def _look_for_consumer(self) -> None:
        self._unheard = False
        try:
            await self._consumers.info(self._stream, self._consumer)
        except (ConsumerNotFound, StreamNotFound):
            self._lost()
            self._fault = ConsumerGone(f"{self._name} does not exist")
        except BrokerUnavailable:
            self._lost()
            self._unheard = True
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
    lost: Callable[[], None] | None = None,
    on_gap: Callable[[], None] | None = None,
    batch_window_seconds: float = 0,
    acks: bool = True,
) -> AsyncIterator[Puller]:
    """A puller whose messages arrive for as long as the context lasts; its `run` must run."""
    found = Puller(
        broker,
        stream,
        consumer,
        limits=limits,
        deliver=deliver,
        clock=clock,
        lost=lost,
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
