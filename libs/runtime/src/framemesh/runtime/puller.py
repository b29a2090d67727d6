"""A long-lived pull: keeps a consumer's messages coming, within a bound in count and bytes.

nats-py's `fetch` has no bound in bytes, is not issued anew when the connection is, and strands
what was delivered when it is cancelled; so the pull requests are our own, with one inbox for all.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from nats.aio.msg import Msg
from nats.js.api import Header

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.broker import Broker
from framemesh.runtime.delivery import Delivery, delivery

log = structlog.get_logger()

EXPIRES_SECONDS = 30
HEARTBEAT_SECONDS = 5
SILENCE_SECONDS = 2 * HEARTBEAT_SECONDS + 1
"""Two missed heartbeats: the request is lost."""
NANO = 1_000_000_000

HEARTBEAT = "100"
NO_RESPONDERS = "503"
GONE = ("Consumer Deleted", "Stream Deleted")


class ConsumerGone(FramemeshError):
    """The consumer does not exist."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class PullLimits:
    """How much one pull may have under way."""

    messages: int = 32
    bytes: int = 16 * 1024 * 1024
    """At least the largest message: a request for less is answered with nothing."""


class Puller:
    """Asks one consumer for as much as there is room for, and hands on what comes."""

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
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._limits = limits
        self._deliver = deliver
        self._clock = clock
        self.inbox = broker.client.new_inbox()
        self._held = 0
        self._asked = 0
        self._changed = asyncio.Event()
        self._heard_at = clock.monotonic()
        self._generation = -1
        self._gone = False

    def done(self) -> None:
        """One message that was delivered is dealt with."""
        self._held -= 1
        self._changed.set()

    async def run(self) -> None:
        """Pull until cancelled.

        Raises:
            ConsumerGone: the consumer or its stream was deleted.
        """
        while not self._gone:
            await self._broker.connected.wait()
            self._forget_lost_requests()
            await self._ask()
            self._changed.clear()
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass  # to look whether the request was lost
        raise ConsumerGone(f"{self._subject.rpartition('NEXT.')[2]} does not exist")

    def _forget_lost_requests(self) -> None:
        silent = self._clock.monotonic() - self._heard_at > SILENCE_SECONDS
        if self._generation != self._broker.generation or silent:
            self._generation = self._broker.generation
            self._heard_at = self._clock.monotonic()
            self._asked = 0

    async def _ask(self) -> None:
        room = self._limits.messages - self._held - self._asked
        # Asking for every single message would double the traffic.
        if room < max(1, self._limits.messages // 2):
            return
        self._asked += room
        request = {
            "batch": room,
            "max_bytes": self._limits.bytes,
            "expires": EXPIRES_SECONDS * NANO,
            "idle_heartbeat": HEARTBEAT_SECONDS * NANO,
        }
        await self._broker.client.publish(self._subject, json.dumps(request).encode(), self.inbox)

    async def on_message(self, message: Msg) -> None:
        self._heard_at = self._clock.monotonic()
        status = (message.headers or {}).get(Header.STATUS)
        if status is None:
            self._held += 1
            self._asked -= 1
            self._deliver(delivery(message, self._broker.client))
        elif status != HEARTBEAT:
            self._on_end(status, message.headers or {})
        self._changed.set()

    def _on_end(self, status: str, headers: dict[str, str]) -> None:
        """A request ended: time is up, its bytes are used up, or something is wrong."""
        why = headers.get(Header.DESCRIPTION, "")
        self._gone = status == NO_RESPONDERS or why.startswith(GONE)
        unanswered = headers.get("Nats-Pending-Messages")
        self._asked = max(0, self._asked - int(unanswered)) if unanswered else 0
        log.debug("pull ended", subject=self._subject, status=status, why=why)


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
        await subscription.unsubscribe()
