"""What a process of ingest and its supervisor ask and tell each other, over a pair of sockets.

A line of JSON is a message: `["ask", NUMBER, WHAT, ARGUMENTS]`, its answer `["answer", NUMBER,
RESULT]` or `["refusal", NUMBER, NAME, TEXT]`, and `["tell", WHAT, ARGUMENTS]`, which has none.
"""

import asyncio
import itertools
import json
import socket
from collections.abc import Callable
from typing import Any, cast

from framemesh.core.errors import Code, FramemeshError
from framemesh.ingest.errors import TooManyOfCamera, TooManyOfClient, TooManyStreams

ANSWER_SECONDS = 5.0
"""The other end answers within a millisecond; on a machine with too much to do it may take long."""

MAX_ASKED = 10_000
"""Unanswered, of one end: twice the streams of an ingest."""

LINE_BYTES = 16 * 1024 * 1024
"""A page of metrics with all series that there may be."""

REFUSALS: dict[str, type[FramemeshError]] = {
    kind.__name__: kind for kind in (TooManyStreams, TooManyOfClient, TooManyOfCamera)
}
"""What comes out at the other end as it was raised."""

_ENCODED = json.JSONEncoder(separators=(",", ":")).encode

Answer = Callable[[str, list[Any]], object]
"""Answers what the other end asks or tells, at once: what, and the arguments."""


class LinkSilent(FramemeshError):
    """The other end does not answer."""

    code = Code.UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("this process of ingest is cut off from its supervisor: call again")


class Link(asyncio.Protocol):
    """One end. For one event loop."""

    def __init__(self, end: socket.socket, answer: Answer) -> None:
        self._end = end
        self._answer = answer
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""
        """The beginning of a line, whose end has not come yet."""
        self._lost = asyncio.Event()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}

    async def run(self) -> None:
        """Answer the other end, until it is gone or this is cancelled."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, sock=self._end)
        try:
            await self._lost.wait()
        finally:
            transport.close()
            self._end_all()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of asyncio.Protocol."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Of asyncio.Protocol: what it raises ends the connection, and is logged."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES:
            raise ValueError(f"a line is over {LINE_BYTES} bytes")
        for line in lines:
            self._take(json.loads(line))

    def connection_lost(self, exc: Exception | None) -> None:
        """Of asyncio.Protocol."""
        self._end_all()
        self._lost.set()

    def _end_all(self) -> None:
        """Nobody will answer."""
        self._transport = None
        for each in self._asked.values():
            if not each.done():
                each.set_exception(LinkSilent())

    async def ask(self, what: str, *arguments: object, seconds: float = ANSWER_SECONDS) -> Any:
        """
        Raises:
            LinkSilent: no answer came in time, or the other end is gone.
            TooManyStreams, TooManyOfClient, TooManyOfCamera: so the other end answers.
        """
        if self._transport is None or len(self._asked) >= MAX_ASKED:
            raise LinkSilent
        number = next(self._numbers)
        answered = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._write("ask", number, what, arguments)
            async with asyncio.timeout(seconds):
                return await answered
        except TimeoutError as error:
            raise LinkSilent from error
        finally:
            del self._asked[number]

    def tell(self, what: str, *arguments: object) -> None:
        """Who is gone needs not be told."""
        self._write("tell", what, arguments)

    def _write(self, *message: object) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_ENCODED(message).encode() + b"\n")

    def _take(self, message: list[Any]) -> None:
        match message:
            case ["ask", number, what, arguments]:
                try:
                    self._write("answer", number, self._answer(what, arguments))
                except tuple(REFUSALS.values()) as error:
                    self._write("refusal", number, type(error).__name__, str(error))
            case ["tell", what, arguments]:
                self._answer(what, arguments)
            case ["answer", number, result]:
                if (asked := self._asked.get(number)) and not asked.done():
                    asked.set_result(result)
            case ["refusal", number, name, text]:
                if (asked := self._asked.get(number)) and not asked.done():
                    asked.set_exception(REFUSALS[name](text))
