"""The connection to NATS that the parts of a process share."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.aio.msg import Msg

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.dataplane.errors import StreamUnavailable
from framemesh.runtime.jetstream.connection.cancellation import (
    preserve_cancellation,
    raise_swallowed_cancellation,
)
from framemesh.runtime.jetstream.connection.client import Client, PermissionsViolation
from framemesh.runtime.logs import get_logger

log = get_logger()

HEADER_BYTES = 1024
"""What the headers of a frame may need of the server's max_payload; names are at most 64 bytes."""

CLOSE_TIMEOUT_SECONDS = 0.5
"""Until what is written must be on the socket; a broker that hangs would hold us for ever."""

ANSWER_TIMEOUT_SECONDS = 5.0
"""How long an answer may take. What was asked of a leader that dies meanwhile is never answered,
and must be asked again; the election of another takes 4 to 9 s."""

RESEND_SECONDS = 1.0
"""A question that a cluster did not answer for so long is asked once more, and again."""

PING_SECONDS = 2
PINGS = 2
"""A server that answers none of so many pings is left for another: 4 to 6 s after it went silent,
which costs no more than an election."""

CONNECT_TIMEOUT_SECONDS = 2
"""For one server to let us in, before the next one is tried."""

PENDING_BYTES = 48 * 1024 * 1024
"""Of what is written and not yet on the socket. More than a publish window, so that a window fits
while the connection is being made anew."""


CREDENTIALS = re.compile("//([^:@/]*)[^@/]*@")
"""In a URL: the user, and what follows him."""


class BrokerUnavailable(StreamUnavailable):
    """NATS did not answer in time."""


class NoResponders(BrokerUnavailable):
    """Nobody listens to a subject: no stream takes it, or it has no leader at the moment."""


class BrokerLost(FramemeshError):
    """The connection to NATS closed for good; the process must end and be started again."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class PermissionDenied:
    """What the server does not let us do."""

    subject: str
    """To write to, or to subscribe to; in lower case."""
    why: str


class Broker:
    """A connection that comes back by itself, and says when it is there."""

    def __init__(self, url: str, options: ConnectOptions = DEFAULT) -> None:
        """`url` names one server, or several of one cluster with commas between: it connects to
        one of them, and to another when that one is gone. Each may begin with user:password@."""
        self._servers = url.split(",")
        self._options = options
        self.url = CREDENTIALS.sub("//", url)
        """Without credentials, for messages and logs."""
        found = CREDENTIALS.search(url)
        self.user = found[1] if found else ""
        self.server = ""
        """host:port of the one that we are connected to, or were last."""
        self.client = Client()
        self.connected = asyncio.Event()
        self.listeners: set[Callable[[], None]] = set()
        """Called whenever the connection was made, for those who must ask anew."""
        self.disconnect_listeners: set[Callable[[], None]] = set()
        """Called whenever the connection broke, before another one is made."""
        self.permission_listeners: set[Callable[[PermissionDenied], None]] = set()
        """Called whenever the server does not let us do something."""
        self._last_trouble = ""
        self._closed = asyncio.Event()
        self._closing = False

    async def connect(self, name: str) -> None:
        """Connect, trying for as long as it takes."""
        log.info("broker is looked for", url=self.url)
        # No limit to attempts: a service without its broker has nothing better to do than wait.
        await self.client.connect(
            self._servers,
            name=name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=self._options.reconnect_seconds,  # type: ignore[arg-type]  # a float to asyncio.sleep
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=PINGS,
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
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self.client.close()
        self.client.abort()

    async def wait_lost(self) -> None:
        """Run beside the work of a process, to end it when the connection is beyond repair.

        Raises:
            BrokerLost: it closed, and not by `close`.
        """
        await self._closed.wait()
        raise BrokerLost(f"the connection to {self.url} closed: see the broker's log")

    @property
    def max_frame_bytes(self) -> int:
        """The largest image that fits into one message together with its headers."""
        return self.client.max_payload - HEADER_BYTES

    async def call(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> Msg:
        """Publish a message, and return the one that answers it.

        Raises:
            NoResponders: nobody takes the subject.
            BrokerUnavailable: no answer in time.
        """
        try:
            with preserve_cancellation():
                reply: Msg = await self.client.request(
                    subject,
                    payload,
                    ANSWER_TIMEOUT_SECONDS,
                    headers=dict(headers) if headers else None,
                )
        except nats.errors.NoRespondersError as error:
            raise NoResponders(f"nobody at {self.url} answers to {subject}") from error
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"no answer from {self.url} ({error})") from error
        return reply

    async def request(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call what takes and answers JSON.

        Raises:
            BrokerUnavailable: no answer in time.
        """
        reply = await self.call(subject, json.dumps(body).encode())
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    async def ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call, as `request`, what changes nothing.

        Only who leads a stream answers. While a cluster elects another one nobody does, and what
        was asked meanwhile never is; so it is asked again and again.

        Raises:
            BrokerUnavailable: no answer in time.
        """
        asked = [asyncio.ensure_future(self.request(subject, body))]
        try:
            while True:
                pause = RESEND_SECONDS if len(self.client.servers) > 1 else None
                done, _ = await asyncio.wait(
                    asked, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    return done.pop().result()
                # The earlier ones may yet be answered, by servers that are only slow.
                asked.append(asyncio.ensure_future(self.request(subject, body)))
        finally:
            for each in asked:
                each.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def _on_connected(self) -> None:
        if (url := self.client.connected_url) is not None:
            self.server = f"{url.hostname}:{url.port}"
        self.connected.set()
        for listener in self.listeners:
            listener()
        self._last_trouble = ""
        log.info("broker connected", server=self.server)

    async def _on_disconnected(self) -> None:
        self.connected.clear()
        for listener in self.disconnect_listeners:
            listener()
        if not self._closing:
            log.warning("broker disconnected", server=self.server)

    async def _on_closed(self) -> None:
        self.connected.clear()
        if not self._closing:
            self._closed.set()

    async def _on_error(self, error: Exception) -> None:
        # Called between two attempts to connect, of which there is no end.
        raise_swallowed_cancellation()
        if isinstance(error, PermissionsViolation):
            self._on_permission_denied(error)
        # Refused connections come five a second while the broker is away; the change of state is
        # logged once, above, and so is the end of a connection.
        elif not isinstance(error, OSError | nats.errors.UnexpectedEOF):
            self._warn(str(error) or type(error).__name__)

    def _on_permission_denied(self, error: PermissionsViolation) -> None:
        log.error("not permitted", user=self.user, act=error.act, subject=error.subject)
        who = f"user {self.user!r}" if self.user else "a client without a user"
        why = (
            f"{who} has no permission for {error.act} to {error.subject!r}: grant it in the broker"
        )
        for listener in self.permission_listeners:
            listener(PermissionDenied(error.subject, why))

    def _warn(self, trouble: str) -> None:
        """Once, however often it comes: a server that turns us away does so five times a second."""
        if trouble != self._last_trouble:
            log.warning("broker error", error=trouble)
        self._last_trouble = trouble


@asynccontextmanager
async def broker(url: str, name: str, options: ConnectOptions = DEFAULT) -> AsyncIterator[Broker]:
    """A connected broker; closed when the context ends."""
    found = Broker(url, options)
    try:
        await found.connect(name)
        yield found
    finally:
        await found.close()
