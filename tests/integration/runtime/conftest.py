"""A stream with one consumer, on a real nats-server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher

STREAM: dict[str, Any] = {
    "name": "TEST",
    "subjects": ["test.>"],
    "storage": "file",
    "retention": "workqueue",
    "discard": "new",
    "max_bytes": 1_000_000,
    "duplicate_window": 120 * 10**9,
}
CONSUMER: dict[str, Any] = {
    "stream_name": "TEST",
    "config": {"durable_name": "all", "ack_policy": "explicit", "ack_wait": 2 * 10**9},
}


@pytest.fixture
async def stream(nats_broker: Broker) -> str:
    answer = await nats_broker.request("$JS.API.STREAM.CREATE.TEST", STREAM)
    assert "error" not in answer
    answer = await nats_broker.request("$JS.API.CONSUMER.DURABLE.CREATE.TEST.all", CONSUMER)
    assert "error" not in answer
    return "TEST"


@pytest.fixture
async def publish(nats_broker: Broker, stream: str) -> AsyncIterator[Publisher]:
    async with publisher(nats_broker) as found:
        yield found


@pytest.fixture
async def cluster_broker(nats_broker: Broker) -> AsyncIterator[Broker]:
    """Two names of one server, which is all that a client knows of a cluster."""
    other = nats_broker.url.replace("127.0.0.1", "localhost")
    async with broker(f"{nats_broker.url},{other}", "test") as connected:
        yield connected
