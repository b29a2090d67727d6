"""What somebody else wrote into the master's buckets stops nothing but itself."""

import json
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2, node_pb2, pipeline_pb2
from framemesh.master.fleet.cordons import BUCKET as CORDONS
from framemesh.master.models.entries import BUCKET as MANIFESTS
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages.subjects import PIPELINES_BUCKET
from tests.integration.master.conftest import Master, connect, manifest
from tests.integration.services.running import status_of, streams
from tests.waiting import eventually

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


LATER = {"later": {"unit": 1}}
NEWER = "was written by a newer version of framemesh, with later: update this one"


async def entry(broker: Broker, bucket: str, key: str) -> dict[str, Any]:
    found = await KeyValueBucket(broker, bucket).get(key)
    assert found is not None
    document: dict[str, Any] = json.loads(found.value)
    return document


async def make_newer(broker: Broker, bucket: str, key: str) -> dict[str, Any]:
    """Add a field to an entry that this version does not know."""
    document = {**await entry(broker, bucket, key), **LATER}
    await write(broker, bucket, key, json.dumps(document).encode())
    return document


async def test_a_pipeline_of_a_newer_version_is_left_as_it_is(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(workers=0)
    await running.apply(name="yard", workers=0)
    stored = await make_newer(nats_broker, PIPELINES_BUCKET, "street")
    calls: list[Awaitable[object]] = [
        running.apply(workers=0, shards=2),
        running.delete(discard=True),
    ]
    for call in calls:
        code, line = await status_of(call)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert f"stored pipeline street {NEWER}" in line
    assert await entry(nats_broker, PIPELINES_BUCKET, "street") == stored
    # What is new at its top is of the master: it runs on, and so do the others.
    assert (await running.get()).spec.name == "street"
    await running.apply(name="yard", workers=0, shards=2)


async def test_a_specification_of_a_newer_version_is_not_guessed_at(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(workers=0)
    await running.apply(name="yard", workers=0)
    stored = await entry(nats_broker, PIPELINES_BUCKET, "street")
    stored["spec"]["later"] = 1
    await write(nats_broker, PIPELINES_BUCKET, "street", json.dumps(stored).encode())
    calls: list[Awaitable[object]] = [
        running.apply(workers=0, shards=2),
        running.delete(discard=True),
        running.get(),
    ]
    for call in calls:
        code, line = await status_of(call)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert "a newer version of framemesh, with spec.later: update this one" in line
    assert await entry(nats_broker, PIPELINES_BUCKET, "street") == stored
    listed = await running.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
    assert [pipeline.spec.name for pipeline in listed.pipelines] == ["yard"]


async def test_a_model_of_a_newer_version_is_left_as_it_is(
    running: Master, nats_broker: Broker
) -> None:
    await running.register(manifest(name="car"))
    stored = await make_newer(nats_broker, MANIFESTS, "car.1")
    calls: list[Awaitable[object]] = [
        running.models.GetModel(model_pb2.GetModelRequest(name="car")),
        running.models.DeleteModel(model_pb2.DeleteModelRequest(name="car", version=1)),
        running.models.PromoteModel(model_pb2.PromoteModelRequest(name="car", version=1)),
    ]
    for call in calls:
        code, line = await status_of(call)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert f"the entry of model car.1 {NEWER}" in line
    assert (await running.register(manifest(name="car"))).version == 2
    assert await entry(nats_broker, MANIFESTS, "car.1") == stored
    assert (await running.apply(workers=0)).spec.stages[0].model_version == 1


async def test_promotions_of_a_newer_version_are_left_as_they_are(
    running: Master, nats_broker: Broker
) -> None:
    request = model_pb2.PromoteModelRequest(name="person", version=1)
    await running.models.PromoteModel(request)
    stored = await make_newer(nats_broker, MANIFESTS, "=promoted.person")
    code, line = await status_of(running.models.PromoteModel(request))
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert f"the entry of the promotions of model person {NEWER}" in line
    assert await entry(nats_broker, MANIFESTS, "=promoted.person") == stored
    await running.register(manifest(name="car"))
    await running.apply(stages=[{"name": "cars", "model": "car"}], workers=0)


async def test_damaged_promotions_count_as_none(running: Master, nats_broker: Broker) -> None:
    await write(nats_broker, MANIFESTS, "=promoted.person", b"{")
    assert (await running.apply(workers=0)).spec.stages[0].model_version == 1
    await running.models.PromoteModel(model_pb2.PromoteModelRequest(name="person", version=1))
    assert (await entry(nats_broker, MANIFESTS, "=promoted.person"))["versions"] == [1]


async def test_a_node_that_a_newer_version_drained_stays_drained(
    running: Master, nats_broker: Broker
) -> None:
    east = await connect(running.channel, "east")
    west = await connect(running.channel, "west")
    await eventually(running.listed_nodes, until=lambda nodes: len(nodes) == 2)
    await running.nodes.DrainNode(node_pb2.DrainNodeRequest(name="east"))
    stored = await make_newer(nats_broker, CORDONS, "east")
    calls: list[Awaitable[object]] = [
        running.nodes.DrainNode(node_pb2.DrainNodeRequest(name="east")),
        running.nodes.UncordonNode(node_pb2.UncordonNodeRequest(name="east")),
    ]
    for call in calls:
        code, line = await status_of(call)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert f"the entry of node east {NEWER}" in line
    assert await entry(nats_broker, CORDONS, "east") == stored
    await running.nodes.DrainNode(node_pb2.DrainNodeRequest(name="west"))
    await running.nodes.UncordonNode(node_pb2.UncordonNodeRequest(name="west"))
    east.leave()
    west.leave()
