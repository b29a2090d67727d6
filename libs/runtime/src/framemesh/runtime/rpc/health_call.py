"""One call of the gRPC health service, without the gRPC library.

A container asks for its health every few seconds, each time in a new process. To import the library
takes such a process 120 ms of CPU, which on a node with some containers was a third of a core. So
this writes the frames of the one call itself: HTTP/2 (RFC 9113), headers as literals (RFC 7541),
and the protocol of gRPC over HTTP/2.
"""

import socket
import struct
import time
from typing import TYPE_CHECKING

from framemesh.runtime.processes.health import Health

if TYPE_CHECKING:
    # Importing it takes milliseconds, of which such a process without certificates has no use.
    import ssl

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0x0, 0x1, 0x4
END_STREAM, END_HEADERS = 0x1, 0x4
STREAM = 1

FRAME_HEADER = struct.Struct(">BHBBI")
"""The length in 24 bits, the type, flags, the number of the stream."""

EMPTY_MESSAGE = struct.pack(">BI", 0, 0)
"""Not compressed, of 0 bytes: the health of the whole server is asked for."""

SERVING = EMPTY_MESSAGE[:1] + struct.pack(">I", 2) + b"\x08\x01"
"""A HealthCheckResponse whose field 1 is 1."""


def health_of(
    address: str, seconds: float, context: "ssl.SSLContext | None" = None, name: str = ""
) -> Health:
    """What the server at host:port answers in `seconds`.

    Args:
        context: of TLS; None: nothing is encrypted.
        name: what the certificate of the server must be for; empty: the host.
    """
    until = time.monotonic() + seconds
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), seconds) as connection:
            if context is None:
                return _asked(connection, address, until)
            with context.wrap_socket(connection, server_hostname=name or host) as encrypted:
                return _asked(encrypted, address, until)
    except OSError:
        return Health.UNANSWERED


def _asked(connection: socket.socket, address: str, until: float) -> Health:
    connection.sendall(_call(address))
    return _answer(connection, until)


def _call(address: str) -> bytes:
    headers = b"".join(
        _literal(name, value)
        for name, value in (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/grpc.health.v1.Health/Check"),
            (":authority", address),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        )
    )
    return b"".join(
        (
            PREFACE,
            _frame(SETTINGS, 0, 0, b""),
            _frame(HEADERS, END_HEADERS, STREAM, headers),
            _frame(DATA, END_STREAM, STREAM, EMPTY_MESSAGE),
        )
    )


def _literal(name: str, value: str) -> bytes:
    """A header field that is in no table. Both are shorter than 127 bytes."""
    return b"\0%c%b%c%b" % (len(name), name.encode(), len(value), value.encode())


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    high, low = divmod(len(payload), 1 << 16)
    return FRAME_HEADER.pack(high, low, kind, flags, stream) + payload


def _answer(connection: socket.socket, until: float) -> Health:
    """By the first frame of the stream that tells it: a server without health checks, or one that
    refuses, sends no data and ends."""
    while True:
        header = _read(connection, FRAME_HEADER.size, until)
        high, low, kind, flags, stream = FRAME_HEADER.unpack(header)
        payload = _read(connection, high << 16 | low, until)
        if stream != STREAM:
            continue
        if kind == DATA:
            return Health.SERVING if payload == SERVING else Health.NOT_SERVING
        if flags & END_STREAM or kind != HEADERS:
            return Health.NOT_SERVING


def _read(connection: socket.socket, size: int, until: float) -> bytes:
    """
    Raises:
        ConnectionError: it ends before.
        TimeoutError: it takes too long, however much comes meanwhile.
    """
    read = b""
    while len(read) < size:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(size - len(read))
        if not part:
            raise ConnectionError
        read += part
    return read
