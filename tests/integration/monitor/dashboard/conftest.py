"""A monitor with its dashboard, and what a browser does with it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from tests.dashboard_browser import ANSWER_SECONDS, Browser, open_browser
from tests.integration.monitor.dashboard.cameras import Sending, fast_cameras
from tests.integration.services.running import monitor, stand_pipeline

TOKEN = "of this test"  # noqa: S105  it is for tests

NOWHERE = "127.0.0.1:9"
"""Where no master is."""


@dataclass(frozen=True)
class Dashboard:
    """The address of one, host:port, and requests to it."""

    address: str
    client: httpx.AsyncClient

    def browser(self, **headers: str) -> AbstractAsyncContextManager[Browser]:
        return open_browser(self.address, **headers)

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


@pytest.fixture
async def cameras(nats_url: str, nats_broker: Broker, board: Dashboard) -> AsyncIterator[Sending]:
    """Starts cameras."""
    async with fast_cameras(nats_url, nats_broker) as sending:
        yield sending
