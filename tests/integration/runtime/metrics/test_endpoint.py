"""The HTTP server of a process's metrics, with clients that mean well and others that do not."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from framemesh.core.metrics.metric import Kind, Metric, Service
from framemesh.runtime.metrics import endpoint
from framemesh.runtime.metrics.endpoint import metrics_endpoint
from framemesh.runtime.metrics.http_server import MAX_CONNECTIONS
from framemesh.runtime.metrics.meter import MemoryMeter, Readings
from framemesh.runtime.processes.ports import free_block
from tests.waiting import eventually

# Each client of httpx reads the certificates of the machine, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

READS = Metric("t.reads", Kind.GAUGE, "{read}", "Reads.", (Service.WORKER,))
MANY = Metric("t.many", Kind.GAUGE, "{read}", "Many.", (Service.WORKER,), ("name",))


class Bench:
    def __init__(self) -> None:
        self.meter = MemoryMeter([READS, MANY])
        self.meter.observe(READS, self._read)
        self.reads = 0
        self.port = free_block(1)

    def _read(self) -> Readings:
        self.reads += 1
        return {(): self.reads}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/metrics"

    async def listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def served() -> AsyncIterator[Bench]:
    bench = Bench()
    async with metrics_endpoint(f"127.0.0.1:{bench.port}", bench.meter):
        await eventually(bench.listens, 20)
        yield bench


async def test_the_page_is_at_metrics_and_elsewhere_is_a_hint() -> None:
    async with served() as bench, httpx.AsyncClient() as client:
        found = await client.get(bench.url)
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "t_reads 1.0" in found.text
        other = await client.get(bench.url.replace("/metrics", "/"))
        assert (other.status_code, other.text) == (
            404,
            "the metrics of this process are at /metrics\n",
        )


async def test_one_who_asks_again_and_again_gets_the_page_of_the_last_second() -> None:
    async with served() as bench, httpx.AsyncClient() as client:
        began = time.monotonic()
        for _ in range(100):
            assert (await client.get(bench.url)).status_code == 200
        assert bench.reads <= 1 + (time.monotonic() - began) / endpoint.FRESH_SECONDS


async def test_while_the_event_loop_is_stuck_the_last_page_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoint, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(endpoint, "LOOP_SECONDS", 0.05)
    loop = asyncio.get_running_loop()
    bench = Bench()
    page = endpoint.Page(bench.meter, loop)
    first = await asyncio.to_thread(page.get)
    assert b"t_reads 1.0" in first
    # Asked from the loop's own thread, the loop cannot answer.
    assert page.get() == first


async def test_clients_that_hold_connections_do_not_keep_the_page_from_others_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("framemesh.runtime.metrics.http_server._Handler.timeout", 0.2)
    async with served() as bench, httpx.AsyncClient() as client:
        idle = [socket.create_connection(("127.0.0.1", bench.port)) for _ in range(20)]

        async def answered() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get(bench.url, timeout=5)).status_code == 200
            return False

        await eventually(answered, 20)
        for each in idle:
            each.close()


async def test_a_reader_that_stops_reading_frees_its_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("framemesh.runtime.metrics.http_server._Handler.timeout", 0.2)
    async with served() as bench, httpx.AsyncClient() as client:
        # More than a socket holds, so that writing it blocks.
        bench.meter.observe(MANY, lambda: {(f"{n}" * 400,): 1 for n in range(1900)})
        stuck = []
        for _ in range(MAX_CONNECTIONS):
            one = socket.create_connection(("127.0.0.1", bench.port))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            stuck.append(one)

        async def answered() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get(bench.url, timeout=5)).status_code == 200
            return False

        await eventually(answered, 20)
        for each in stuck:
            each.close()


async def test_a_port_that_is_taken_costs_a_line_and_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        said = ""

        async def told() -> bool:
            nonlocal said
            said += "".join(capfd.readouterr())
            return "metrics are not served" in said

        async with metrics_endpoint(address, MemoryMeter([READS])):
            await eventually(told, 20)
        assert "address already in use" in said
