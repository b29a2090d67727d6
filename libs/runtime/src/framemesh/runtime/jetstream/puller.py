"""A long-lived pull: keeps a consumer's messages coming, within a bound in count and bytes.

nats-py's `fetch` has no bound in bytes, is not issued anew when the connection is, and strands
what was delivered when it is cancelled; so the pull requests are our own, with one inbox for all.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import Header

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.delivery import Delivery, delivery

EXPIRES_SECONDS = 30
HEARTBEAT_SECONDS = 5
SILENCE_SECONDS = 2 * HEARTBEAT_SECONDS + 1
"""Two missed heartbeats: the request is lost."""
DRAIN_SECONDS = 1.0
NANO = 1_000_000_000

HEARTBEAT = "100"
NO_RESPONDERS = "503"
NOT_FOUND = 404

PAUSE_SECONDS = 0.5
"""Before a consumer without a leader is looked for again."""

GONE = ("Consumer Deleted", "Stream Deleted")


class ConsumerGone(FramemeshError):
    """The consumer does not exist."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class PullLimits:
    """How much one pull may have under way."""

    messages: int
    bytes: int
    """At least twice the largest message, or that one would never come."""


class Puller:
    """Asks one consumer for as much as there is room for, and hands on what comes.

    One request at a time, for all the room there is, as soon as that is half of the limits: asking
    for every single message would double the traffic.
    """

    def __init__(
        self,
        broker: Broker,
        stream: str,
        consumer: str,
        *,
        limits: PullLimits,
        deliver: Callable[[Delivery], None],
        clock: Clock,
    ) -> None:
        """`deliver` is called for every message, on the event loop, and must not block. Whoever is
        done with a message says so with `done`, which makes room for another."""
        self._broker = broker
        self._name = f"{stream}.{consumer}"
        self._limits = limits
        self._deliver = deliver
        self._clock = clock
        self.inbox = broker.client.new_inbox()
        self._held = 0
        self._held_bytes = 0
        self._unanswered = 0
        """Messages that the request under way may still bring."""
        self._changed = asyncio.Event()
        self._heard_at = clock.monotonic()
        self._generation = -1
        self._gone = False
        self._unheard = False
        """A request found nobody: the consumer is gone, or has no leader for a moment."""

    def done(self, delivery: Delivery) -> None:
        """A message that was delivered is dealt with."""
        self._held -= 1
        self._held_bytes -= len(delivery.payload)
        self._changed.set()

    async def run(self) -> None:
        """Pull until cancelled.

        Raises:
            ConsumerGone: the consumer or its stream was deleted.
        """
        self._broker.listeners.add(self._changed.set)
        try:
            while not self._gone:
                await self._broker.connected.wait()
                self._changed.clear()
                if self._unheard:
                    await self._look_for_consumer()
                    continue
                self._forget_lost_request()
                await self._ask()
                # The timeout is for requests that were lost without a word.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await self._changed.wait()
        finally:
            self._broker.listeners.remove(self._changed.set)
        raise ConsumerGone(f"{self._name} does not exist")

    def _forget_lost_request(self) -> None:
        silent = self._clock.monotonic() - self._heard_at > SILENCE_SECONDS
        if self._generation != self._broker.generation or silent:
            self._generation = self._broker.generation
            self._heard_at = self._clock.monotonic()
            self._unanswered = 0

    async def _ask(self) -> None:
        room = self._limits.messages - self._held
        room_bytes = self._limits.bytes - self._held_bytes
        half = 2 * room >= self._limits.messages and 2 * room_bytes >= self._limits.bytes
        if self._unanswered or not half:
            return
        request = {
            "batch": room,
            "max_bytes": room_bytes,
            "expires": EXPIRES_SECONDS * NANO,
            "idle_heartbeat": HEARTBEAT_SECONDS * NANO,
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._name}"
        await self._broker.client.publish(subject, json.dumps(request).encode(), self.inbox)
        self._unanswered = room

    async def _look_for_consumer(self) -> None:
        self._unheard = False
        try:
            answer = await self._broker.request(f"$JS.API.CONSUMER.INFO.{self._name}", {})
        except BrokerUnavailable:
            answer = {"error": {}}
        if error := answer.get("error"):
            self._gone = error.get("code") == NOT_FOUND
            self._unheard = not self._gone
            await asyncio.sleep(0 if self._gone else PAUSE_SECONDS)

    async def on_message(self, message: Msg) -> None:
        self._heard_at = self._clock.monotonic()
        status = (message.headers or {}).get(Header.STATUS)
        if status is None:
            self._held += 1
            self._held_bytes += len(message.data)
            # One that comes late, from a request that was given up, is counted in neither.
            self._unanswered = max(0, self._unanswered - 1)
            self._deliver(delivery(message, self._broker.client))
        elif status != HEARTBEAT:
            # Its time is up, its bytes are used up, or something is wrong.
            why = (message.headers or {}).get(Header.DESCRIPTION, "")
            self._unheard = status == NO_RESPONDERS
            self._gone = why.startswith(GONE)
            self._unanswered = 0
        self._changed.set()


@asynccontextmanager
async def puller(
    broker: Broker,
    stream: str,
    consumer: str,
    *,
    limits: PullLimits,
    deliver: Callable[[Delivery], None],
    clock: Clock,
) -> AsyncIterator[Puller]:
    """A puller whose messages arrive for as long as the context lasts; its `run` must run."""
    found = Puller(broker, stream, consumer, limits=limits, deliver=deliver, clock=clock)
    # Our own limits bound what can arrive; nats-py's would drop it.
    subscription = await broker.client.subscribe(
        found.inbox, cb=found.on_message, pending_msgs_limit=0, pending_bytes_limit=0
    )
    try:
        yield found
    finally:
        # What is on its way still arrives: dropped, it would be missing until its ack wait ends.
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await subscription.drain()  # type: ignore[no-untyped-call]
