"""A buffer whose frames stay on their shards, on a real nats-server."""

from collections.abc import AsyncIterator

import pytest
from pydantic import ByteSize

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket

BUFFER = BufferSpec(shards=9, max_bytes=ByteSize(16 * 1024**2))
SPEC = PipelineSpec(
    "street",
    (StageSpec("people", "person", 1),),
    BUFFER,
    DeliverySpec(order=Order.PER_CAMERA, high_priority=("gate",)),
)
GENERATION = Generation.of(1, SPEC)


@pytest.fixture
async def provisioned(nats_broker: Broker) -> Broker:
    """The connection to a broker that has the buffer."""
    await BufferProvisioner(nats_broker).provision(SPEC, GENERATION)
    return nats_broker


@pytest.fixture
async def bucket(nats_broker: Broker) -> LeaseBucket:
    found = LeaseBucket(nats_broker, "street", 1, 1, SystemClock())
    await found.ensure()
    return found


@pytest.fixture
async def other_broker(nats_url: str) -> AsyncIterator[Broker]:
    """A second connection, as another process has."""
    async with broker(nats_url, "other") as connected:
        yield connected
