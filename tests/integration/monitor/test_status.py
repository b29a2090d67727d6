"""The status of all pipelines when some of them are in trouble."""

from dataclasses import replace
from typing import Any

import grpc.aio
import pytest

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.monitor.ledger.registry import LedgerRegistry
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.monitor.status.collector import StatusCollector
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from tests.integration.monitor.conftest import Writer
from tests.integration.services.running import status_of


async def all_statuses(channel: grpc.aio.Channel) -> list[monitor_pb2.PipelineStatus]:
    stub = monitor_pb2_grpc.MonitorServiceStub(channel)
    return list((await stub.GetStatus(monitor_pb2.GetStatusRequest())).pipelines)


async def test_a_half_deleted_pipeline_does_not_hide_the_others(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    await writer.complete("north", range(1, 4))
    await PipelineStore(nats_broker).put(replace(pipeline, name="alley"))
    alley, street = await all_statuses(channel)
    assert (alley.pipeline, street.pipeline) == ("alley", "street")
    assert "LEDGER-alley does not exist" in alley.problem
    assert (street.problem, [camera.done for camera in street.cameras]) == ("", [3])


@pytest.mark.parametrize("stream", ["FRAMES-street-1-0", "DEAD-street", "LEDGER-street"])
async def test_what_is_known_of_a_half_deleted_pipeline_is_shown(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker, stream: str
) -> None:
    await writer.complete("north", range(1, 4))
    await writer.store_dead_letters("north", 7)
    await nats_broker.request(f"$JS.API.STREAM.DELETE.{stream}", {})
    (street,) = await all_statuses(channel)
    assert stream in street.problem
    assert [camera.done for camera in street.cameras] == ([] if "LEDGER" in stream else [3])
    assert street.dead_letters == (0 if "DEAD" in stream else 1)
    # Who asks for one pipeline gets the whole of it, or an error.
    stub = monitor_pb2_grpc.MonitorServiceStub(channel)
    code, _ = await status_of(stub.GetStatus(monitor_pb2.GetStatusRequest(pipeline="street")))
    assert code is not grpc.StatusCode.OK


class Unsummed:
    """A ledger that is read, and whose sums are not to be had."""

    unread = 0
    behind = 0

    async def summary(self, now_unix_nano: int) -> None:
        raise FramemeshError("the sums cannot be read")


class OfUnsummed:
    """A registry of nothing but such ledgers."""

    async def latest(self, pipeline: str) -> Unsummed:
        return Unsummed()


async def test_a_ledger_without_sums_is_a_problem_of_its_pipeline_alone(
    nats_broker: Broker, writer: Writer
) -> None:
    await writer.complete("north", [1])
    registry: Any = OfUnsummed()
    store = PipelineStore(nats_broker)
    (street,) = await StatusCollector(nats_broker, store, registry, SystemClock()).all()
    assert street.problem == "the sums cannot be read"
    assert (street.ledger, street.dead_letters) == (None, 0)


async def test_a_ledger_that_lags_is_a_problem_of_its_pipeline_alone(
    nats_broker: Broker, writer: Writer, pipeline: PipelineSpec
) -> None:
    await writer.complete("north", [1])
    store, clock = PipelineStore(nats_broker), SystemClock()
    # It is not run: no ledger is ever read.
    registry = LedgerRegistry(
        nats_broker, store, PipelineFeed(nats_broker, clock), CheckpointStore(nats_broker), clock
    )
    (street,) = await StatusCollector(nats_broker, store, registry, clock).all()
    assert street.problem == "the ledger of 'street' is being opened: ask again"
    assert (street.ledger, street.dead_letters) == (None, 0)
    assert street.backlog is not None
