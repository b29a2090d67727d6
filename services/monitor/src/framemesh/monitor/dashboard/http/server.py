"""An HTTP server in the event loop of the monitor, which starts and ends with it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.processes.ports import AddressTaken, is_free
from framemesh.runtime.server_contexts import server_contexts

DRAIN_SECONDS = 2
"""For answers in progress. gRPC's calls have 5 s after that, and the whole process 10."""

MAX_CONNECTIONS = 512
"""Beyond that the answer is 503. A browser holds six and a live one; a person opens a few tabs."""

MAX_MESSAGE_BYTES = 64 * 1024
"""Of a live connection. A wall of 256 cameras with long names takes 40 KB."""

PING_SECONDS = 10.0
"""A browser that leaves two pings unanswered is gone: its machine sleeps, or its network is cut."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's: run_service handles them."""
        yield


@asynccontextmanager
async def http_server(
    address: str, application: ASGIApp, options: ConnectOptions = DEFAULT
) -> AsyncIterator[int]:
    """Serve on `address` (host:port, port 0 for a free one) while the context lasts; yields the
    port. It is HTTPS where the options have certificates and other machines reach the port.

    Raises:
        AddressTaken: the port is in use.
        PlaintextRefused: other machines reach it, and nothing would be encrypted.
        CertificatesUnusable: the files of certificates are.
    """
    options.check_port(address)
    # Browsers have no certificates: who may change something shows a token.
    contexts = server_contexts(options, address, verify_clients=False)
    listener = _listen(address)
    config = uvicorn.Config(
        application,
        lifespan="off",
        ws="websockets-sansio",
        http="h11",
        # Pictures are compressed already.
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    if contexts is not None:
        config.ssl = _renewed(contexts)
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve([listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        # What a browser that reads nothing has not taken by now, it never will.
        for connection in list(server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


def _renewed(contexts: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """One context for all connections of a server, each of which begins with the newest."""

    def newest(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = contexts()

    first = contexts()
    # OpenSSL calls it with each handshake, also where the client names no server.
    first.sni_callback = newest
    return first


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    taken = AddressTaken(address)
    if int(port) and not is_free(int(port), host):
        raise taken
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # As is_free does: connections in TIME_WAIT do not count.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except OSError as error:
        listener.close()
        raise taken from error
    listener.setblocking(False)
    return listener
