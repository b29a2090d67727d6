"""A link to a trace leads to a page, or there is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from framemesh.core.clock import SystemClock
from framemesh.monitor.dashboard.api.trace_links import TraceLinks
from framemesh.runtime.processes.ports import free_block

TRACE = "0af7651916cd43dd8448eb211c80319c"


@asynccontextmanager
async def jaeger(status: str, page: str) -> AsyncIterator[tuple[str, list[str]]]:
    """The address of one, and what it was asked."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
        writer.write(f"{head}{page}".encode())
        await writer.drain()
        writer.close()

    port = free_block(1)
    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}", asked


@pytest.mark.parametrize(
    ("status", "page", "links"),
    [
        ("200 OK", "<title>Jaeger UI</title>", True),
        ("200 OK", "you are running a binary that was not compiled with the UI assets.", False),
        ("404 Not Found", "", False),
        ("401 Unauthorized", "", True),
    ],
)
async def test_there_is_a_link_where_jaeger_has_a_page(status: str, page: str, links: bool) -> None:
    async with jaeger(status, page) as (address, asked):
        traces = TraceLinks(address, SystemClock())
        expected = f"{address}/trace/{TRACE}" if links else None
        assert [await traces.of(TRACE) for _ in range(3)] == [expected] * 3
        assert len(asked) == 1


async def test_a_jaeger_that_answers_nobody_here_may_answer_browsers() -> None:
    assert await TraceLinks("http://127.0.0.1:1", SystemClock()).of(TRACE) is not None


async def test_without_a_trace_or_a_jaeger_there_is_no_link() -> None:
    assert await TraceLinks("http://127.0.0.1:1", SystemClock()).of("") is None
    assert await TraceLinks("", SystemClock()).of(TRACE) is None
