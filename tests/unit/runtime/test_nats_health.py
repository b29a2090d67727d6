"""What a nats-server says of its storage, and what it says when it is not itself."""

import asyncio
from pathlib import Path

import pytest

from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.nats_health import store_problem
from framemesh.runtime.processes.nats_server import jetstream_health

UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: "


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(UNAVAILABLE + b"9\r\n\r\nnot JSON!", id="no JSON"),
        pytest.param(UNAVAILABLE + b"2\r\n\r\n[]", id="no object"),
        pytest.param(UNAVAILABLE + b'99\r\n\r\n{"error', id="cut off"),
        pytest.param(b"nothing like HTTP\r\n\r\n", id="no HTTP"),
    ],
)
async def test_an_answer_that_says_nothing_is_no_problem(answer: bytes, tmp_path: Path) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        assert await store_problem(f"{host}:{port}", tmp_path) is None


async def test_a_server_that_never_ends_its_line_is_no_nats_server() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 200_000)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        assert await jetstream_health(f"{host}:{port}", 5) is Health.UNANSWERED
