"""A mesh that asks for tokens, with one pipeline."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.ingest.settings import Settings
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.metrics.endpoint import metrics_endpoint
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.processes.ports import free_block
from tests.integration.identity.world import Closed, closed_mesh, issuer
from tests.integration.services.running import stand_pipeline
from tests.waiting import eventually


@pytest.fixture
async def pipeline(nats_broker: Broker) -> PipelineSpec:
    return await stand_pipeline(nats_broker)


@pytest.fixture
async def mesh(nats_url: str, pipeline: PipelineSpec, tmp_path: Path) -> AsyncIterator[Closed]:
    async with closed_mesh(nats_url, tmp_path) as running:
        yield running


@pytest.fixture
async def metrics(mesh: Closed) -> AsyncIterator[str]:
    """The URL of the metrics of a process that asks for tokens."""
    address = f"127.0.0.1:{free_block(1)}"
    settings = Settings(token_keys=mesh.issuer.key.parent)
    async with metrics_endpoint(address, MemoryMeter([]), settings.connect):
        url = f"http://{address}/metrics"

        async def listens() -> bool:
            try:
                _, writer = await asyncio.open_connection(*address.split(":"))
            except OSError:
                return False
            writer.close()
            return True

        await eventually(listens)
        yield url


@pytest.fixture
def mesh_keys(tmp_path: Path) -> Path:
    """A folder with a key."""
    return issuer(tmp_path / "more-keys").key.parent
