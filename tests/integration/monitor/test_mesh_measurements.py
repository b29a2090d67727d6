"""What the monitor tells Prometheus of a pipeline, by what a real broker says."""

import asyncio
from typing import Any

from framemesh.core.clock import SystemClock
from framemesh.core.metrics import mesh
from framemesh.core.metrics.metric import Metric, Service
from framemesh.core.metrics.table import metrics_of
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.monitor.ledger.registry import LedgerRegistry
from framemesh.monitor.measurements.broker_storage import BrokerStorage
from framemesh.monitor.measurements.mesh_measurements import MeasuredMesh, MeshMeasurements
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.monitor.status.collector import StatusCollector
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.metrics.meter import Attributes, MemoryMeter
from tests.waiting import eventually

Writer = Any


def values(meter: MemoryMeter, metric: Metric) -> dict[Attributes, float]:
    return dict(next(each for each in meter.snapshot() if each.metric is metric).values)


async def test_a_pipeline_is_measured_from_its_ledger_and_its_buffer(
    nats_broker: Broker, writer: Writer, pipeline: PipelineSpec
) -> None:
    await writer.complete("north", [1, 2, 3])
    meter, clock = MemoryMeter(metrics_of(Service.MONITOR)), SystemClock()
    store, feed = PipelineStore(nats_broker), PipelineFeed(nats_broker, clock)
    registry = LedgerRegistry(nats_broker, store, feed, CheckpointStore(nats_broker), clock)
    statuses = StatusCollector(nats_broker, store, registry, clock)
    measured = MeasuredMesh(nats_broker, feed, statuses, BrokerStorage(["127.0.0.1:1"]), 1)
    measurements = MeshMeasurements(measured, meter, clock)
    async with (
        background_task(feed.run()),
        background_task(registry.run()),
        background_task(measurements.run()),
    ):

        def done() -> bool:
            return values(meter, mesh.LEDGER_FRAMES).get(("street", "done")) == 3

        await eventually(done, 20)
        await asyncio.sleep(0)
        assert values(meter, mesh.LEDGER_PENDING) == {("street",): 0}
        assert values(meter, mesh.BACKLOG_LIMIT) == {("street",): pipeline.buffer.max_bytes}
        assert values(meter, mesh.DEAD_LETTERS) == {("street",): 0}
        assert values(meter, mesh.CAMERA_FRAMES)["street", "north", "done"] == 3
        assert set(values(meter, mesh.CAMERA_SILENCE)) == {("street", "north")}
        assert values(meter, mesh.BROKER_STORAGE) == {}
