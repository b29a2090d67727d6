"""An HTTP server that takes requests, fails and hangs as a test says."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from framemesh.runtime.processes.ports import free_block


@dataclass(frozen=True)
class Request:
    """One request that came."""

    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    status: int = 200
    retry_after: str = ""
    hangs: bool = False


@dataclass
class HttpTarget:
    """Answers 200, but for the first requests, which it answers as `answers` says."""

    refused: frozenset[int] = frozenset()
    """Sequence numbers: requests with one of these are answered 422."""
    answers: deque[Answer] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    """All that came."""
    taken: list[Request] = field(default_factory=list)
    """Those that were answered with 200."""
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://user:password@127.0.0.1:{self.port}/hook?token=secret"

    def _answer(self, request: Request) -> Answer:
        has = {each["sequence"] for each in json.loads(request.body)["results"]}
        return Answer(422) if has & self.refused else Answer()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _request(reader)) is not None:
                self.requests.append(request)
                self.at_once += 1
                self.most_at_once = max(self.at_once, self.most_at_once)
                answer = self.answers.popleft() if self.answers else self._answer(request)
                # Others come meanwhile, as far as they do.
                await asyncio.sleep(0.01)
                self.at_once -= 1
                if answer.hangs:
                    await reader.read()
                    return
                if answer.status == 200:
                    self.taken.append(request)
                wait = f"Retry-After: {answer.retry_after}\r\n" if answer.retry_after else ""
                line = f"HTTP/1.1 {answer.status} X\r\n{wait}Content-Length: 0\r\n\r\n"
                writer.write(line.encode())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode().split("\r\n")[1:]
    headers = {
        name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)
    }
    return Request(headers, await reader.readexactly(int(headers["content-length"])))


@asynccontextmanager
async def http_target(target: HttpTarget) -> AsyncIterator[HttpTarget]:
    """While it listens."""
    target.port = target.port or free_block(1)
    server = await asyncio.start_server(target.serve, "127.0.0.1", target.port)
    try:
        yield target
    finally:
        server.close()
