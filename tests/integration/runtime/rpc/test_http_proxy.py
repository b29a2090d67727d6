"""A company's machine sets http_proxy: what is ours is reached directly nonetheless."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.runtime.processes.health import Health
from framemesh.runtime.rpc.channel import channel, sync_channel
from framemesh.runtime.rpc.health import grpc_health
from framemesh.runtime.rpc.server import grpc_server
from framemesh.worker.errors import TritonUnavailable
from framemesh.worker.triton.client import TritonClient

SECONDS = 2.0
REQUEST = health_pb2.HealthCheckRequest()
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that nobody runs."""
    for name in ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def address(proxy: None) -> AsyncIterator[str]:
    async with grpc_server("127.0.0.1:0", []) as server:
        await server.set_serving(True)
        yield f"127.0.0.1:{server.port}"


async def test_a_channel_of_asyncio_reaches_a_service(address: str) -> None:
    async with channel(address) as to:
        answer = await health_pb2_grpc.HealthStub(to).Check(REQUEST, timeout=SECONDS)
    assert answer.status == SERVING


async def test_a_channel_of_threads_reaches_a_service(address: str) -> None:
    def check() -> int:
        with sync_channel(address) as to:
            answer = health_pb2_grpc.HealthStub(to).Check(REQUEST, timeout=SECONDS)
            return int(answer.status)

    assert await asyncio.to_thread(check) == SERVING


async def test_a_health_check_reaches_a_service(address: str) -> None:
    assert await grpc_health(address, SECONDS) is Health.SERVING


async def test_a_workers_client_reaches_its_triton(address: str) -> None:
    """What answers there is no Triton, and says so."""
    client = TritonClient()
    await client.connect(address)
    try:
        with pytest.raises(TritonUnavailable, match="UNIMPLEMENTED"):
            await client.identity()
    finally:
        await client.close()
