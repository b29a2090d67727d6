"""nats-py's client, changed to survive what servers do, and to copy no frame."""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import nats.aio.client
import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from framemesh.runtime.concurrency.cancellation import preserve_cancellation
from framemesh.runtime.jetstream.connection.headers import header_block, read_header_lines
from framemesh.runtime.jetstream.connection.transport import Transport
from framemesh.tls.contexts import client_context
from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.words import unencrypted

STALE = "stale connection"
CRLF = b"\r\n"
PING = b"PING\r\n"

PERMISSIONS = re.compile(r'permissions violation for (publish|subscription)[^"]*"([^"]*)"')


class PermissionsViolation(nats.errors.Error):
    """The server denied a subject to this user."""

    def __init__(self, act: str, subject: str) -> None:
        """`subject` is in lower case, as nats-py hands it on."""
        super().__init__(f"permissions violation for {act} to {subject!r}")
        self.act = act
        self.subject = subject


class TlsRefused(nats.errors.Error):
    """There is no encrypted connection to the server; the line says why."""


class Client(nats.aio.client.Client):
    """Replaces the parts of nats-py's client that do not survive what servers do, or cost too much.

    Drops a connection to a dead server at once. nats-py waits until all written data is on the
    socket. A suspended server, or one behind a cut network, takes nothing, so nats-py would wait
    for as long as that lasts, and for minutes if the machine is gone, although other servers work.
    It also leaves connections open that were accepted and never answered.

    Reconnects after every error that a server reports. nats-py closes for good after most.

    Fails requests whose answers are lost with the connection. nats-py lets them run into their
    timeouts.

    Sends pings in the order of all other data. nats-py's ping overtakes data that is not on the
    socket yet, so its answer does not prove that a subscription has begun or ended: a frame that
    came after `drain` was dropped, and missing until its ack wait ended.

    Calls who receives answers and frames as they are read. nats-py puts each into a queue and wakes
    a task for it.

    Writes payloads without copies. nats-py joins a payload to the command before it, and both to
    what follows: two copies of every frame.

    Reads headers in a quarter of the time.

    Uses the certificates that are in the files when a connection begins, and sends nothing to a
    server that does not encrypt. nats-py keeps one context for ever, and with tls:// goes on in
    plaintext where the server does not ask for more.
    """

    _parse_header_lines = staticmethod(read_header_lines)

    def __init__(self, tls: TlsFiles | None = None) -> None:
        """
        Args:
            tls: None: nothing is encrypted, unless a URL says tls:// or a server asks for it; the
                authorities of the system are trusted then.
        """
        super().__init__()
        self._tls = tls
        self._direct: dict[int, Callable[[Msg], None]] = {}
        """By the number of a subscription."""
        self._socket = Transport()  # type: ignore[no-untyped-call]  # of nats-py
        self._transport = self._socket

    def abort(self) -> None:
        """Close the connection at once; pending data is lost."""
        self._socket.abort()

    @property
    def current_address(self) -> str:
        """host:port of the server that is connected to, or tried."""
        server = self._current_server
        return "" if server is None else f"{server.uri.hostname}:{server.uri.port}"

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """For the connection that begins."""
        if self._tls is None:
            return super().ssl_context
        try:
            return client_context(self._tls)
        except CertificateFault as fault:
            raise TlsRefused(str(fault)) from fault

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        # Before anything is sent.
        server = self._current_server
        wanted = self._tls is not None or (server is not None and server.uri.scheme == "tls")
        if initial_connection and wanted and not info.get("tls_required"):
            raise TlsRefused(unencrypted(self.current_address))
        await super()._process_info(info, initial_connection)

    def rename(self, subscription: Subscription, subject: str) -> None:
        """Change the subject of a subscription, with effect from the next connection or `renew`."""
        subscription._subject = subject  # noqa: SLF001  nats-py has no other way, nor below

    async def renew(self, subscription: Subscription) -> None:
        """Subscribe again over this connection: to a new subject, or after a denied permission."""
        await self._send_unsubscribe(subscription._id)  # noqa: SLF001
        await self._send_subscribe(subscription)

    async def subscribe_direct(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe with a function that is called as each message is read. It must not block; what
        it raises is an error of the connection's."""

        async def received(message: Msg) -> None:
            receive(message)

        # Without limits: nothing waits.
        subscription = await self.subscribe(
            subject, cb=received, pending_msgs_limit=0, pending_bytes_limit=0
        )
        self._direct[subscription._id] = receive  # noqa: SLF001  as above
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Drop a subscription, whether the server knows of it or not.

        After a cancelled `drain`, nats-py would keep it and subscribe again with every connection.
        """
        subscription._stop_processing()  # noqa: SLF001
        self._remove_sub(subscription._id)  # noqa: SLF001

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._direct.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        receive = self._direct.get(sid)
        if receive is None:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        found = await self._process_headers(headers)
        try:
            receive(self._build_message(sid, subject, reply, data, found))
        except Exception as error:  # noqa: BLE001  it must not end what reads for all others
            await self._error_cb(error)

    async def _attempt_reconnect(self) -> None:
        self.abort()
        self._fail_requests()
        await super()._attempt_reconnect()

    def _fail_requests(self) -> None:
        for answer in self._resp_map.values():
            if not answer.done():
                answer.set_exception(nats.errors.Error("the connection broke"))

    async def _select_next_server(self) -> None:
        self.abort()
        await super()._select_next_server()

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        # nats-py swallows a cancellation that comes here.
        with preserve_cancellation():
            return await super()._flush_pending(force_flush)

    async def _process_err(self, err_msg: str) -> None:
        if STALE in err_msg:
            await super()._process_err(err_msg)
        elif found := PERMISSIONS.search(err_msg):
            await self._error_cb(PermissionsViolation(*found.groups()))
        else:
            # If the server closes the connection as well, we reconnect.
            await self._error_cb(nats.errors.Error(err_msg.strip("'")))

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        self._pongs.append(asyncio.Future() if future is None else future)
        self._pending.append(PING)
        self._pending_data_size += len(PING)
        await self._flush_pending()

    async def _process_connect_init(self) -> None:
        await super()._process_connect_init()
        # Nobody waits for answers to pings of the last connection, and the next ping would take one
        # for its own.
        kept = [each for each in self._pending if each is not PING]
        self._pending_data_size -= len(PING) * (len(self._pending) - len(kept))
        self._pending = kept

    async def _process_pong(self) -> None:
        if self._pongs and self._pongs[0].done():
            # Its sender was cancelled. nats-py would fail on that, and read nothing more.
            self._pongs.pop(0)
            self._pings_outstanding = 0
        else:
            await super()._process_pong()

    def publish_now(
        self, subject: str, payload: bytes, reply: str, headers: Mapping[str, str]
    ) -> bool:
        """Publish without waiting; False where that cannot be at this moment, and nothing was done.

        Raises:
            MaxPayloadError: it is too large.
        """
        queue, flusher = self._flush_queue, self._flusher_task
        if not self.is_connected or queue is None or flusher is None or flusher.done():
            return False
        if self.is_draining_pubs or self._pending_data_size > self._max_pending_size:
            return False
        self._append(subject, reply, payload, headers)
        if queue.empty():
            queue.put_nowait(asyncio.get_running_loop().create_future())
        return True

    async def _send_publish(
        self,
        subject: str,
        reply: str,
        payload: bytes,
        payload_size: int,
        headers: Mapping[str, str] | None,
    ) -> None:
        self._append(subject, reply, payload, headers)
        if self._pending_data_size > self._max_pending_size:
            await self._flush_pending(force_flush=True)
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    def _append(
        self, subject: str, reply: str, payload: bytes, headers: Mapping[str, str] | None
    ) -> None:
        """To what is written to the socket next."""
        block = header_block(headers) if headers else b""
        size = len(block) + len(payload)
        if size > self.max_payload:
            # nats-py does not count the headers, and the server ends the connection.
            raise nats.errors.MaxPayloadError
        sizes = f"{len(block)} {size}" if block else f"{size}"
        verb = "HPUB" if block else "PUB"
        command = f"{verb} {subject} {reply} {sizes}\r\n".encode() + block
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += len(payload)
        self._pending += (command, payload, CRLF)
        self._pending_data_size += len(command) + len(payload) + len(CRLF)
