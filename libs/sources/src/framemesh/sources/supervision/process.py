"""The process of one source, from outside."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

from framemesh.sources.errors import SourceFailed
from framemesh.sources.locations import shown
from framemesh.sources.messages import SourceMessage
from framemesh.sources.secrets import scrubbed
from framemesh.sources.spec import MAX_PICTURE_BYTES, Kind, SourceSpec
from framemesh.sources.wire import HEADER, MAX_JSON_BYTES, decode, encode_spec, wish

_PAGE = os.sysconf("SC_PAGE_SIZE")

ENVIRONMENT = {
    # Threads of FFmpeg would each get an arena of memory of their own.
    "MALLOC_ARENA_MAX": "2",
    "OPENCV_LOG_LEVEL": "ERROR",
}

MAX_SAID_BYTES = 4096
"""Of what a process says on its standard error: the last line tells why it died."""


class SourceProcess:
    """A running child that reads one source. It ends when we do: it sees its socket closed."""

    def __init__(
        self,
        spec: SourceSpec,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._spec = spec
        self._process = process
        self._reader = reader
        self._writer = writer
        self._said = b""
        """The end of its standard error."""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, spec: SourceSpec) -> "SourceProcess":
        """
        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "framemesh.sources.child", str(theirs.fileno())),
                    stdin=None if spec.kind is Kind.STDIN else asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    env={**os.environ, **ENVIRONMENT},
                    pass_fds=[theirs.fileno()],
                )
        except BaseException:
            ours.close()
            raise
        try:
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            process.kill()
            await process.wait()
            raise
        writer.write(encode_spec(spec))
        return cls(spec, process, reader, writer)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    def want(self, quality: float = 1.0) -> None:
        """Ask for one frame more, with its quality of JPEGs multiplied by 0 to 1. The bytes of all
        wishes fit into the buffer of a socket."""
        self._writer.write(wish(quality))

    async def receive(self) -> SourceMessage:
        """The next message; after `Ended` there is none.

        Raises:
            SourceFailed: the process died.
        """
        try:
            text_bytes, image_bytes = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            if text_bytes > MAX_JSON_BYTES or image_bytes > MAX_PICTURE_BYTES:
                raise SourceFailed(f"{shown(self._spec)}: its process sends garbage")
            text = await self._reader.readexactly(text_bytes)
            return decode(text, await self._reader.readexactly(image_bytes))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise SourceFailed(await self._last_words()) from error

    def memory_bytes(self) -> int:
        """What it holds now, without what it shares with others; 0 if it is gone."""
        try:
            _, resident, shared, *_ = Path(f"/proc/{self.pid}/statm").read_text().split()
        except (OSError, ValueError):
            return 0
        return (int(resident) - int(shared)) * _PAGE

    async def kill(self) -> None:
        """It has nothing to write, so it need not be asked to end."""
        self._writer.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        gone = asyncio.ensure_future(self._gone())
        try:
            await asyncio.shield(gone)
        except asyncio.CancelledError:
            # It was killed, so this is short; unfinished, it would stay a zombie.
            await gone
            raise

    async def _gone(self) -> None:
        await self._process.wait()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _last_words(self) -> str:
        status = await self._process.wait()
        await self._listening
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        said = self._said.decode(errors="replace").strip().rpartition("\n")[2]
        said = scrubbed(said, self._spec.password)
        return f"{shown(self._spec)}: its process ended with {how}{': ' if said else ''}{said}"

    async def _listen(self) -> None:
        """A process whose standard error nobody reads would wait for ever."""
        stream = self._process.stderr
        while stream is not None and (part := await stream.read(4096)):
            self._said = (self._said + part)[-MAX_SAID_BYTES:]
