"""An HTTP/2 client of a few lines, for what no gRPC client does: to say half of a message, or to
take nothing."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
END_HEADERS = 4
ACK = 1
INITIAL_WINDOW_SIZE = 4
STREAM = 1


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _header(name: str, value: str) -> bytes:
    """A literal header field that is not indexed, in plain text."""
    return b"\0" + b"".join(bytes([len(text)]) + text.encode() for text in (name, value))


class RawCall:
    """One gRPC call on a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def begin(self, path: str, *, window: int = 65_535) -> None:
        """Open the call.

        Args:
            window: bytes that the server may send before it is told that more are taken, which
                never happens.
        """
        settings = struct.pack(">HI", INITIAL_WINDOW_SIZE, window)
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": "test",
            "content-type": "application/grpc",
            "te": "trailers",
        }
        block = b"".join(_header(name, value) for name, value in fields.items())
        await self.write(PREFACE + _frame(SETTINGS, 0, 0, settings))
        await self.write(_frame(HEADERS, END_HEADERS, STREAM, block))

    async def send(self, message: bytes, begin: int = 0, end: int | None = None) -> None:
        """A message of gRPC, or only the bytes from `begin` to before `end` of it."""
        whole = b"\0" + struct.pack(">I", len(message)) + message
        await self.write(_frame(DATA, 0, STREAM, whole[begin:end]))

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def ended(self) -> None:
        """Read until the server ends the stream, or the connection."""
        while True:
            try:
                head = await self._reader.readexactly(9)
                kind, flags = head[3], head[4]
                payload = await self._reader.readexactly(int.from_bytes(head[:3]))
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            if kind in {RST_STREAM, GOAWAY} or (kind == HEADERS and flags & 1):
                return
            if kind == SETTINGS and not flags & ACK:
                await self.write(_frame(SETTINGS, ACK, 0, b""))
            del payload


@asynccontextmanager
async def raw_call(address: str) -> AsyncIterator[RawCall]:
    """A connection to a server, while the context lasts."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield RawCall(reader, writer)
    finally:
        writer.close()
