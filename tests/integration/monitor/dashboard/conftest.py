"""A monitor with its dashboard, and what a browser does with it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from tests.integration.services.running import monitor, stand_pipeline

TOKEN = "of this test"  # noqa: S105  it is for tests

ANSWER_SECONDS = 20.0
"""For what takes a fraction of a second, on a machine that has much else to do."""

NOWHERE = "127.0.0.1:9"
"""Where no master is."""


@dataclass
class Browser:
    """One live connection."""

    socket: ClientConnection

    async def ask(self, **request: Any) -> None:
        await self.socket.send(json.dumps(request))

    async def message(self, kind: str, until: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next text of a type for which `until` is true; all others are passed over."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                received = await self.socket.recv()
                if isinstance(received, str):
                    found = json.loads(received)
                    if found["type"] == kind and until(found):
                        return found

    async def picture(self) -> tuple[Any, bytes]:
        """Header and JPEG of the next picture."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                received = await self.socket.recv()
                if isinstance(received, bytes):
                    return split_picture(received)


def split_picture(message: bytes) -> tuple[Any, bytes]:
    end = 4 + int.from_bytes(message[:4], "big")
    return json.loads(message[4:end]), message[end:]


@dataclass(frozen=True)
class Dashboard:
    """The address of one, host:port, and requests to it."""

    address: str
    client: httpx.AsyncClient

    @asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[Browser]:
        async with connect(
            f"ws://{self.address}/api/v1/live",
            additional_headers=headers,
            proxy=None,
            max_size=None,
        ) as socket:
            yield Browser(socket)

    async def get(self, path: str, status: int = 200, **query: str | int) -> Any:
        answer = await self.client.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json()


@asynccontextmanager
async def dashboard(nats_url: str, **settings: str) -> AsyncIterator[Dashboard]:
    address = f"127.0.0.1:{free_block(1)}"
    chosen = {"http": address, "token": TOKEN, "master": NOWHERE, **settings}
    async with (
        monitor(nats_url, **chosen),
        httpx.AsyncClient(
            base_url=f"http://{address}", trust_env=False, timeout=ANSWER_SECONDS
        ) as client,
    ):
        yield Dashboard(address, client)


@pytest.fixture
async def pipeline(nats_broker: Broker) -> PipelineSpec:
    return await stand_pipeline(nats_broker)


@pytest.fixture
async def board(nats_url: str, pipeline: PipelineSpec) -> AsyncIterator[Dashboard]:
    """Of a monitor without a master, with the pipeline `street`."""
    async with dashboard(nats_url) as served:
        yield served
