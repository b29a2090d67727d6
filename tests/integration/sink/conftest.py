"""Sinks on a real nats-server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from tests.integration.services.running import stand_pipeline
from tests.integration.sink.world import World


@pytest.fixture
async def world(nats_broker: Broker, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with publisher(nats_broker) as publish:
        found = World.of(nats_broker, publish, nats_url, tmp_path)
        await stand_pipeline(nats_broker)
        await found.sinks.create()
        yield found
        for process in found.processes:
            await process.kill()
