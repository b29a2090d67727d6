"""What somebody else wrote into the master's buckets stops nothing but itself."""

import json

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from tests.integration.master.conftest import Master, manifest
from tests.integration.services.running import status_of, streams

DAMAGED = [b"{", b"[1]", json.dumps({"manifest": {}}).encode()]


async def write(broker: Broker, bucket: str, key: str, value: bytes) -> None:
    await JetStream(broker).messages.store(f"$KV.{bucket}.{key}", value)


async def offer(broker: Broker, subject: str) -> None:
    async with publisher(broker) as publish:
        await publish.store(OutboundMessage(subject, b"x", "north/s1/1"))


@pytest.mark.parametrize("entry", DAMAGED)
async def test_a_damaged_model_does_not_hide_the_others(
    running: Master, nats_broker: Broker, entry: bytes
) -> None:
    await write(nats_broker, "framemesh-models", "car.1", entry)
    assert (await running.apply()).spec.stages[0].model_version == 1
    listed = await running.models.ListModels(model_pb2.ListModelsRequest())
    assert [model.name for model in listed.models] == ["person"]
    code, line = await status_of(running.models.GetModel(model_pb2.GetModelRequest(name="car")))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert line.startswith("the entry of model car.1 is damaged: submit the model again")
    assert (await running.register(manifest(name="car"))).version == 2
    await running.apply(stages=[{"name": "cars", "model": "car"}])


@pytest.mark.parametrize("entry", DAMAGED)
async def test_a_damaged_pipeline_is_applied_again_with_its_frames(
    running: Master, nats_broker: Broker, entry: bytes
) -> None:
    first = await running.apply(shards=2, workers=0)
    await offer(nats_broker, "frames.street.1-1.north")
    await write(nats_broker, "framemesh-pipelines", "street", entry)
    assert (await running.apply(shards=2, workers=0)).revision > first.revision
    assert await running.delete(discard=True) == 1


async def test_a_damaged_pipeline_gets_other_shards_once_its_frames_are_gone(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(shards=2, workers=0)
    await offer(nats_broker, "frames.street.1-1.north")
    await write(nats_broker, "framemesh-pipelines", "street", b"{")
    code, line = await status_of(running.apply(shards=3, workers=0))
    assert code == grpc.StatusCode.FAILED_PRECONDITION
    assert "hold 1 accepted frames: apply it as it was, or discard" in line
    assert await running.delete(discard=True) == 1
    assert await streams(nats_broker) == set()
    await running.apply(shards=3, workers=0)


async def test_a_damaged_pipeline_without_frames_is_applied_anew_whatever_it_was(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(streams=2, shards=2, workers=0)
    await write(nats_broker, "framemesh-pipelines", "street", b"{")
    await running.apply(streams=1, shards=3, workers=0)
    assert await streams(nats_broker) == {"FRAMES-street-1-0", "LEDGER-street", "DEAD-street"}


async def test_a_damaged_pipeline_whose_frames_wait_is_not_deleted_unasked(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(workers=0)
    await offer(nats_broker, "frames.street.1-1.north")
    await write(nats_broker, "framemesh-pipelines", "street", b"{")
    code, _ = await status_of(running.delete())
    assert code == grpc.StatusCode.FAILED_PRECONDITION
