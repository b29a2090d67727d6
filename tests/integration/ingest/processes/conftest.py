"""A pipeline for the cameras of an ingest of two processes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.ingest.processes.several import Several, several
from tests.integration.services.running import stand_pipeline


@pytest.fixture
async def pipeline(nats_broker: Broker) -> PipelineSpec:
    """The pipeline `street`, with room for 64 MiB."""
    return await stand_pipeline(nats_broker)


@pytest.fixture
async def two(nats_url: str, pipeline: PipelineSpec, tmp_path: Path) -> AsyncIterator[Several]:
    """An ingest of two processes, both of which serve."""
    async with several(nats_url, tmp_path) as running:
        await running.serves()
        yield running


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opened."""
    async with AsyncExitStack() as opened:
        yield opened
