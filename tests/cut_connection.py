"""A server that goes away in the middle: what lies between it and its clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK_BYTES = 64 * 1024


class CutConnection:
    """Passes bytes on to a port of this machine, and after `limit` of them nothing any more."""

    def __init__(self, port: int, limit: int) -> None:
        self._port = port
        self._left = limit
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def is_cut(self) -> bool:
        return self._left <= 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Yields its address, at which nothing listens from the cut on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            self._cut()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, to_server}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass(reader, to_server))
                tasks.create_task(self._pass(from_server, writer))
        except* ConnectionError:
            pass
        finally:
            for each in (writer, to_server):
                each.close()
                self._writers.discard(each)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            self._left -= len(chunk)
            if self.is_cut:
                self._cut()
                return
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for each in self._writers:
            each.transport.abort()
