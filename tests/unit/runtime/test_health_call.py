"""The health check of a container asks as the gRPC library does, and understands the same."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import grpc.aio
import pytest

from framemesh.runtime.processes.health import Health
from framemesh.runtime.rpc.health import grpc_health
from framemesh.runtime.rpc.health_call import health_of
from framemesh.runtime.rpc.server import grpc_server
from tests.waiting import eventually

LOCAL = "127.0.0.1:0"
SECONDS = 5.0
SILENCE_SECONDS = 0.3


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    async with grpc_server(LOCAL, []) as server:
        await server.set_serving(True)
        yield f"127.0.0.1:{server.port}"


@asynccontextmanager
async def not_serving() -> AsyncIterator[str]:
    async with grpc_server(LOCAL, []) as server:
        await server.set_serving(False)
        yield f"127.0.0.1:{server.port}"


@asynccontextmanager
async def without_health_checks() -> AsyncIterator[str]:
    server = grpc.aio.server()
    port = server.add_insecure_port(LOCAL)
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def says(answer: bytes, *, hangs: bool = False) -> AsyncIterator[str]:
    """A server of another kind."""

    talks: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(writer)
        writer.write(answer)
        while hangs and await reader.read(1024):
            pass
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        talks.remove(writer)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await eventually(lambda: not talks)


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    async with says(b"") as address:
        pass
    yield address


async def test_a_server_that_sends_on_without_an_answer_is_not_waited_for() -> None:
    nothing_new = struct.pack(">BHBBI", 0, 0, 4, 0, 0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(nothing_new)
                await writer.drain()
                await asyncio.sleep(SILENCE_SECONDS / 10)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server, asyncio.timeout(SECONDS):
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await by_hand(address, SILENCE_SECONDS) is Health.UNANSWERED
        await eventually(lambda: len(asyncio.all_tasks()) == 1)


async def by_library(address: str, seconds: float) -> Health:
    return await grpc_health(address, seconds)


async def by_hand(address: str, seconds: float) -> Health:
    return await asyncio.to_thread(health_of, address, seconds)


@pytest.mark.parametrize("ask", [by_library, by_hand])
@pytest.mark.parametrize(
    ("server", "seconds", "answer"),
    [
        (serving, SECONDS, Health.SERVING),
        (not_serving, SECONDS, Health.NOT_SERVING),
        (without_health_checks, SECONDS, Health.NOT_SERVING),
        (nobody, SECONDS, Health.UNANSWERED),
        (lambda: says(b"", hangs=True), SILENCE_SECONDS, Health.UNANSWERED),
        (lambda: says(b""), SILENCE_SECONDS, Health.UNANSWERED),
        (lambda: says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), SECONDS, Health.UNANSWERED),
    ],
    ids=["serving", "not serving", "no health checks", "nobody", "silent", "hangs up", "HTTP 1"],
)
async def test_what_a_server_answers(
    ask: Callable[[str, float], Awaitable[Health]],
    server: Callable[[], AbstractAsyncContextManager[str]],
    seconds: float,
    answer: Health,
) -> None:
    async with server() as address:
        assert await ask(address, seconds) is answer
