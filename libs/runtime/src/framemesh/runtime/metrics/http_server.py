"""An HTTP server for one page, bounded in connections and in time."""

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6, socket
from typing import Any

from framemesh.core.errors import FramemeshError

MAX_CONNECTIONS = 8
"""At once: two Prometheus servers and a few people. One more is closed at once."""

CONNECTION_SECONDS = 5.0
"""For each read and write of a connection: one that stops reading frees its thread then."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

UNAUTHORIZED = 401

HINT = b"the metrics of this process are at /metrics\n"


class PageServer(ThreadingHTTPServer):
    """A thread a connection, and few connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(
        self,
        host: str,
        port: int,
        page: Callable[[], bytes],
        context: Callable[[], ssl.SSLContext] | None = None,
        check: Callable[[str | None], None] | None = None,
    ) -> None:
        """
        Args:
            context: of TLS, for a connection that begins; None: nothing is encrypted.
            check: raises FramemeshError for a header `authorization` with which the page is not
                shown; None: it is shown to everybody.

        Raises:
            OSError: it cannot listen there.
        """
        self.page = page
        self._context = context
        self.check = check
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self.address_family = AF_INET6 if ":" in host else AF_INET
        super().__init__((host, port), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self._context is None:
            return connection, address
        # The thread of the connection shakes hands, with its first read: a client may be slow.
        encrypted = self._context().wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        return encrypted, address

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that went away, or stopped reading, is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    timeout = CONNECTION_SECONDS
    server: PageServer

    def do_GET(self) -> None:
        status, body = self._answer()
        self.send_response(status)
        if status == UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> tuple[int, bytes]:
        if self.path.partition("?")[0] != "/metrics":
            return 404, HINT
        if self.server.check is not None:
            try:
                self.server.check(self.headers.get("authorization"))
            except FramemeshError as error:
                return UNAUTHORIZED, f"{error}\n".encode()
        return 200, self.server.page()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: it is asked every few seconds."""
