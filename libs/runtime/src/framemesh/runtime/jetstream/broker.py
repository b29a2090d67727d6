"""The connection to NATS that the parts of a process share."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import nats
import nats.aio.client
import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.cancellation import kept_cancellation, raise_lost_cancellation

log = structlog.get_logger()

HEADER_BYTES = 1024
"""What the headers of a frame may need of the server's max_payload; names are at most 64 bytes."""

CLOSE_SECONDS = 0.5
"""Until what is written must be on the socket; a broker that hangs would hold us for ever."""

ANSWER_SECONDS = 5.0
"""How long an answer may take; a leader election of three brokers takes up to 4.8 s."""

PENDING_BYTES = 32 * 1024 * 1024
"""Of what is written and not yet on the socket. More than a publish window, so that a window fits
while the connection is being made anew."""


class BrokerUnavailable(FramemeshError):
    """NATS did not answer in time."""

    code = Code.UNAVAILABLE


class BrokerLost(FramemeshError):
    """The connection to NATS closed for good; the process must end and be started again."""

    code = Code.UNAVAILABLE


class Broker:
    """A connection that comes back by itself, and says when it is there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = nats.aio.client.Client()
        self.connected = asyncio.Event()
        self.generation = 0
        """How often the connection was made; what was asked of an earlier one may be lost."""
        self.listeners: set[Callable[[], None]] = set()
        """Called whenever the connection was made, for those who must ask anew."""
        self._closed = asyncio.Event()
        self._closing = False

    async def connect(self, name: str) -> None:
        """Connect, trying for as long as it takes."""
        log.info("broker is looked for", url=self.url)
        # No limit to attempts: a service without its broker has nothing better to do than wait.
        await self.client.connect(
            self.url,
            name=name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,  # type: ignore[arg-type]  # seconds, a float to asyncio.sleep
            connect_timeout=2,
            ping_interval=5,
            max_outstanding_pings=2,
            pending_size=PENDING_BYTES,
            allow_reconnect=True,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_connected,
            closed_cb=self._on_closed,
        )
        await self._on_connected()

    async def close(self) -> None:
        self._closing = True
        # A time-out too: what is not written yet cannot be, where the other end hangs or is gone.
        with contextlib.suppress(OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.client.close()

    async def wait_lost(self) -> None:
        """Run beside the work of a process, to end it when the connection is beyond repair.

        Raises:
            BrokerLost: it closed, and not by `close`.
        """
        await self._closed.wait()
        raise BrokerLost(f"the connection to {self.url} closed: see the broker's log")

    @property
    def jetstream(self) -> JetStreamContext:
        return self.client.jetstream(timeout=5)

    @property
    def max_frame_bytes(self) -> int:
        """The largest image that fits into one message together with its headers."""
        return self.client.max_payload - HEADER_BYTES

    async def request(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call JetStream's JSON API.

        Raises:
            BrokerUnavailable: no answer in time.
        """
        try:
            with kept_cancellation():
                reply: Msg = await self.client.request(
                    subject, json.dumps(body).encode(), ANSWER_SECONDS
                )
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"no answer from {self.url} ({error})") from error
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    async def _on_connected(self) -> None:
        self.generation += 1
        self.connected.set()
        for listener in self.listeners:
            listener()
        log.info("broker connected", url=self.url)

    async def _on_disconnected(self) -> None:
        self.connected.clear()
        if not self._closing:
            log.warning("broker disconnected", url=self.url)

    async def _on_closed(self) -> None:
        self.connected.clear()
        if not self._closing:
            self._closed.set()

    async def _on_error(self, error: Exception) -> None:
        # Called between two attempts to connect, of which there is no end.
        raise_lost_cancellation()
        # Refused connections come five a second while the broker is away; the change of state is
        # logged once, above.
        if not isinstance(error, OSError):
            log.warning("broker error", error=str(error) or type(error).__name__)


@asynccontextmanager
async def broker(url: str, name: str) -> AsyncIterator[Broker]:
    """A connected broker; closed when the context ends."""
    found = Broker(url)
    try:
        await found.connect(name)
        yield found
    finally:
        await found.close()
