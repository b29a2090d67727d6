"""nats-py's socket, read and written in larger pieces. Measured in bench/README.md."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator, Sequence
from urllib.parse import ParseResult

from nats.aio.transport import TcpTransport

PIECE_BYTES = 256 * 1024
"""As much as asyncio reads at once. nats-py reads 32 KiB, so that a frame of 50 KB wakes the reader
twice and pauses the socket each time. It writes a whole publish window in one piece: 16 MiB that
miss every cache, and what the socket does not take is copied twice more."""

CLOSE_SECONDS = 0.5
"""For a socket that was closed to say so."""


class Transport(TcpTransport):
    """A connection over TCP or TLS."""

    def __bool__(self) -> bool:
        # nats-py tests with this whether there is a transport, and else creates its own.
        return True

    async def connect(
        self,
        uri: ParseResult,
        buffer_size: int,
        connect_timeout: int,
    ) -> None:
        await super().connect(uri, PIECE_BYTES, connect_timeout)

    async def connect_tls(
        self,
        uri: str | ParseResult,
        ssl_context: ssl.SSLContext,
        buffer_size: int,
        connect_timeout: int,
    ) -> None:
        """Encrypt the connection. nats-py has a buffer of 64 KiB then."""
        if self._io_writer is None:
            raise ConnectionError("there is no connection to encrypt")
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(PIECE_BYTES)
        protocol = _Protocol(reader)
        host = uri if isinstance(uri, str) else uri.hostname
        async with asyncio.timeout(connect_timeout):
            transport = await loop.start_tls(
                self._io_writer.transport, protocol, ssl_context, server_hostname=host
            )
        if transport is None:
            raise ConnectionError("the connection closed before it was encrypted")
        self._io_reader = reader
        self._io_writer = asyncio.StreamWriter(transport, protocol, reader, loop)

    async def wait_closed(self) -> None:
        """In CLOSE_SECONDS. asyncio waits for ever where TLS did not begin."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await super().wait_closed()  # type: ignore[no-untyped-call]  # of nats-py

    async def read(self, buffer_size: int) -> bytes:
        data: bytes = await super().read(PIECE_BYTES)
        return data

    def writelines(self, payload: Sequence[bytes]) -> None:
        for piece in _joined(payload):
            self.write(piece)  # type: ignore[no-untyped-call]  # of nats-py

    def abort(self) -> None:
        """Close the connection at once; pending data is lost."""
        if self._bare_io_writer is not None:
            self._bare_io_writer.transport.abort()


class _Protocol(asyncio.StreamReaderProtocol):
    """Of an encrypted connection, which cannot stay open when the server closes its half."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


def _joined(parts: Sequence[bytes]) -> Iterator[bytes]:
    some: list[bytes] = []
    size = 0
    for part in parts:
        some.append(part)
        size += len(part)
        if size >= PIECE_BYTES:
            yield b"".join(some)
            some, size = [], 0
    yield b"".join(some)
