"""The connection to NATS that all parts of a process share."""

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.aio.msg import Msg

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.concurrency.cancellation import (
    preserve_cancellation,
    raise_swallowed_cancellation,
)
from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.dataplane.errors import StreamUnavailable
from framemesh.runtime.jetstream.connection.client import Client, PermissionsViolation
from framemesh.runtime.logs import get_logger
from framemesh.tls.words import handshake_fault

log = get_logger()

HEADER_BYTES = 1024
"""Reserved in the server's max_payload for the headers of a frame; names have at most 64 bytes."""

CLOSE_TIMEOUT_SECONDS = 0.5
"""For pending data to be on the socket when the connection closes; a server may hang."""

ANSWER_TIMEOUT_SECONDS = 5.0
"""For one request. A leader that dies meanwhile never answers, and the request must be repeated. An
election takes 4 to 9 s."""

RESEND_SECONDS = 1.0
"""Interval at which a query to a cluster is repeated until it is answered."""

PING_SECONDS = 2
PINGS = 2
"""Unanswered pings after which another server is connected to: 4 to 6 s after a server went silent,
about as long as an election."""

CONNECT_TIMEOUT_SECONDS = 2
"""For one server to accept a connection, before the next one is tried."""

PENDING_BYTES = 48 * 1024 * 1024
"""Limit of data that is written and not yet on the socket. Larger than a publish window, which must
fit during a reconnect."""


USER = re.compile("//([^:@/]*)[^@/]*@")
"""The user in a URL."""


def inbox_prefix(user: str) -> str:
    """Where answers to a user come: where users have permissions, nobody else reads them there."""
    return f"_INBOX.{user}" if user else "_INBOX"


class BrokerUnavailable(StreamUnavailable):
    """NATS did not answer in time."""


class NoResponders(BrokerUnavailable):
    """Nobody listens to a subject: no stream takes it, or it has no leader at the moment."""


class BrokerLost(FramemeshError):
    """The connection to NATS closed for good; the process must be restarted."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class PermissionDenied:
    """A permission that this user lacks."""

    subject: str
    """To publish or to subscribe to; in lower case."""
    why: str


class Broker:
    """A connection that reconnects by itself, and notifies listeners of its state."""

    def __init__(self, url: str, options: ConnectOptions = DEFAULT) -> None:
        """
        Args:
            url: of one server, or of several of one cluster, separated by commas: one of them is
                connected to, and another when that one is gone. May contain user:password@.
        """
        self._servers = url.split(",")
        self._options = options
        self.url = ",".join(map(url_without_credentials, self._servers))
        """The URL without users and passwords, for messages and logs."""
        found = USER.search(url)
        self.user = found[1] if found else ""
        self.server = ""
        """host:port of the current server, or of the last one."""
        self.client = Client(options.tls)
        self.connected = asyncio.Event()
        self.listeners: set[Callable[[], None]] = set()
        """Called after each connect and reconnect."""
        self.disconnect_listeners: set[Callable[[], None]] = set()
        """Called after each loss of the connection, before the reconnect."""
        self.permission_listeners: set[Callable[[PermissionDenied], None]] = set()
        """Called for each missing permission."""
        self._last_warning = ""
        self._closed = asyncio.Event()
        self._closing = False

    async def connect(self, name: str) -> None:
        """Connect, and repeat until it succeeds."""
        log.info("connecting to the broker", url=self.url)
        # No limit to attempts: a service without its broker can only wait.
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
            tls_hostname=self._options.tls.name if self._options.tls else None,
            inbox_prefix=inbox_prefix(self.user),
        )
        await self._on_connected()

    async def close(self) -> None:
        self._closing = True
        # With a timeout: pending data cannot be written where the server hangs or is gone.
        with contextlib.suppress(OSError):
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self.client.close()
        self.client.abort()

    async def wait_lost(self) -> None:
        """Run beside the work of a process, to end it when the connection closed for good.

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

    async def query(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request that changes nothing.

        Only the leader of a stream answers, and during an election nobody: a request of that time
        is lost. So it is repeated, to a cluster every RESEND_SECONDS.

        Raises:
            BrokerUnavailable: no answer in time.
        """
        requests = [asyncio.ensure_future(self.request(subject, body))]
        try:
            while True:
                pause = RESEND_SECONDS if len(self.client.servers) > 1 else None
                done, _ = await asyncio.wait(
                    requests, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    return done.pop().result()
                # The earlier ones may still be answered, by servers that are only slow.
                requests.append(asyncio.ensure_future(self.request(subject, body)))
        finally:
            for each in requests:
                each.cancel()
            await asyncio.gather(*requests, return_exceptions=True)

    async def _on_connected(self) -> None:
        if (url := self.client.connected_url) is not None:
            self.server = f"{url.hostname}:{url.port}"
        self.connected.set()
        for listener in self.listeners:
            listener()
        self._last_warning = ""
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
        # Called between two attempts to connect, in an endless loop.
        raise_swallowed_cancellation()
        if isinstance(error, PermissionsViolation):
            self._on_permission_denied(error)
        # While the broker is away there are five refused connections a second; the loss of the
        # connection is logged once, above.
        elif isinstance(error, ssl.SSLError):
            self._warn(self._tls_fault(error))
        elif not isinstance(error, OSError | nats.errors.UnexpectedEOF):
            self._warn(str(error) or type(error).__name__)

    def _tls_fault(self, error: ssl.SSLError) -> str:
        server = self.client.current_address
        if self._options.tls is None:
            return f"{server}: {error}; FRAMEMESH_TLS_CA says whom to trust"
        return handshake_fault(server, self._options.tls, error)

    def _on_permission_denied(self, error: PermissionsViolation) -> None:
        log.error("permission denied", user=self.user, act=error.act, subject=error.subject)
        who = f"user {self.user!r}" if self.user else "a client without a user"
        why = (
            f"{who} has no permission for {error.act} to {error.subject!r}: grant it in the broker"
        )
        for listener in self.permission_listeners:
            listener(PermissionDenied(error.subject, why))

    def _warn(self, error: str) -> None:
        """Log a repeated error once: a server that refuses us does so five times a second."""
        if error != self._last_warning:
            log.warning("broker error", error=error)
        self._last_warning = error


@asynccontextmanager
async def broker(url: str, name: str, options: ConnectOptions = DEFAULT) -> AsyncIterator[Broker]:
    """A connected broker, closed when the context ends."""
    found = Broker(url, options)
    try:
        await found.connect(name)
        yield found
    finally:
        await found.close()
