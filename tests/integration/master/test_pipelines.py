"""Applying, showing and deleting pipelines."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.clock import SystemClock
from framemesh.master.fleet.memory_driver import MemoryDriver
from framemesh.master.history.event_log import EventLog
from framemesh.master.history.events import NoEvents
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.transfers import Transfers
from framemesh.master.pipelines import draining
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_journal import ChangeJournal
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.pipelines.revisions import Revisions
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.master.scaling.autoscaler import Autoscaler
from framemesh.master.scaling.scaling_store import ScalingStore
from framemesh.runtime.dataplane.errors import StreamMissing
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.messages import pipeline_message
from tests.integration.master.conftest import Master, manifest, pipeline_spec
from tests.integration.services.running import MIB, status_of, streams
from tests.waiting import eventually

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION

GIB = 1024 * MIB


async def fill(broker: Broker, count: int, size: int = 10) -> None:
    async with publisher(broker) as publish:
        for number in range(count):
            subject = f"frames.street.1-{number % 4}.north"
            await publish.store(OutboundMessage(subject, b"x" * size, f"north/s1/{number}"))


async def stored(broker: Broker, stream: str = "FRAMES-street-1-0") -> int:
    answer = await broker.request(f"$JS.API.STREAM.INFO.{stream}", {})
    return int(answer["state"]["messages"])


async def test_a_pipeline_is_applied_shown_and_deleted_with_its_streams(
    running: Master, nats_broker: Broker
) -> None:
    applied = await running.apply(streams=2, shards=3, workers=0)
    assert applied.spec.stages[0].model_version == 1
    assert applied.spec.stages[0].max_delay_ms == 5
    assert await streams(nats_broker) == {
        "FRAMES-street-1-0",
        "FRAMES-street-1-1",
        "LEDGER-street",
        "DEAD-street",
    }
    consumers = await nats_broker.request("$JS.API.CONSUMER.NAMES.FRAMES-street-1-1", {})
    assert sorted(consumers["consumers"]) == ["shard-1-3", "shard-1-4", "shard-1-5"]
    assert await running.get() == applied
    listed = await running.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
    assert list(listed.pipelines) == [applied]
    assert await running.delete() == 0
    assert await streams(nats_broker) == set()
    code, line = await status_of(running.get())
    assert (code, line) == (
        NOT_FOUND,
        "no pipeline is named 'street': apply it first, or check the name",
    )


async def test_pipelines_are_listed_by_name_and_deleted_ones_are_not(running: Master) -> None:
    for name in ("yard", "gate"):
        await running.apply(name=name)
    await running.delete("gate")
    await running.apply(name="street")
    listed = await running.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
    assert [pipeline.spec.name for pipeline in listed.pipelines] == ["street", "yard"]


async def test_a_pipeline_that_cannot_be_read_does_not_hide_the_others(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(name="street")
    await JetStream(nats_broker).messages.store("$KV.framemesh-pipelines.broken", b"{")
    listed = await running.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
    assert [pipeline.spec.name for pipeline in listed.pipelines] == ["street"]


async def test_the_same_again_keeps_the_revision_and_a_change_raises_it(running: Master) -> None:
    first = await running.apply()
    assert (await running.apply()).revision == first.revision
    ledger = pipeline_pb2.Ledger(max_bytes=32 * MIB)
    assert (await running.apply(ledger=ledger)).revision > first.revision


async def test_a_pipeline_that_comes_back_has_a_higher_revision(running: Master) -> None:
    first = await running.apply()
    await running.delete()
    assert (await running.apply()).revision > first.revision


async def test_a_stage_gets_the_newest_model_unless_it_asks_for_one(running: Master) -> None:
    first = await running.apply()
    await running.register(manifest(description="better"))
    pinned = await running.apply(stages=[{"name": "people", "model": "person", "model_version": 1}])
    assert pinned.revision == first.revision
    assert not pinned.spec.stages[0].follows_promotions
    newest = await running.apply()
    assert newest.spec.stages[0].model_version == 2
    assert newest.revision > first.revision


async def test_two_at_once_do_not_disturb_each_other(running: Master, nats_broker: Broker) -> None:
    applied = await asyncio.gather(*(running.apply(workers=n % 2) for n in range(6)))
    assert len({pipeline.revision for pipeline in applied}) <= 6
    assert (await running.get()).spec in [pipeline.spec for pipeline in applied]
    assert await streams(nats_broker) == {"FRAMES-street-1-0", "LEDGER-street", "DEAD-street"}


async def test_results_that_may_not_fit_into_a_message_are_refused(running: Master) -> None:
    wide = manifest(name="wide", decoder={"name": "centernet", "max_detections": 1000})
    await running.register(wide)
    stages: list[dict[str, object]] = [
        {"name": "crowds", "model": "wide"},
        {"name": "people", "model": "wide", "for_each": ["crowds"]},
    ]
    code, line = await status_of(running.apply(stages=stages))
    assert code == INVALID
    assert "stages[1].model: an outcome may take 198,202,416 bytes" in line
    assert "with 1,000,000 detections in 1,000 crops of 'crowds'" in line
    await running.apply(stages=[{**stages[0], "model": "person"}, {**stages[1], "model": "person"}])


PERSON = {"name": "people", "model": "person"}
OF_PEOPLE: dict[str, object] = {"for_each": ["people"]}


@pytest.mark.parametrize(
    ("changes", "code", "lines"),
    [
        ({"name": "a.b"}, INVALID, ["pipeline: name: bad name 'a.b'"]),
        ({"name": ""}, INVALID, ["name: is missing"]),
        ({"stages": []}, INVALID, ["stages: is missing"]),
        ({"stages": [{"name": "x"}]}, INVALID, ["stages[0].model: is missing"]),
        ({"stages": [PERSON, PERSON]}, INVALID, ["stages[1].name: 'people' is taken"]),
        (
            {"stages": [{**PERSON, "for_each": ["cars"]}]},
            INVALID,
            ["stages[0].for_each[0]: no stage is named 'cars' (other stages: none)"],
        ),
        (
            {
                "stages": [
                    PERSON,
                    {**PERSON, "name": "x", "for_each": ["people"], "labels": ["cat"]},
                ]
            },
            INVALID,
            ["stages[1].labels[0]: model 'person' has no label 'cat': it has 'person'"],
        ),
        ({"stages": [{**PERSON, "labels": ["a"]}]}, INVALID, ["stages[0].labels: only chooses"]),
        ({"stages": [{**PERSON, "max_delay_ms": 5000}]}, INVALID, ["stages[0].max_delay_ms"]),
        ({"stages": [{"name": "x", "model": "y"}]}, NOT_FOUND, ["stages[0].model: no model is"]),
        (
            {"stages": [{**PERSON, "model_version": 9}]},
            NOT_FOUND,
            ["stages[0].model: model 'person' has no version 9, the newest is 1"],
        ),
        ({"streams": 17}, INVALID, ["buffer.streams: "]),
        ({"shards": 0}, INVALID, ["buffer.shards: "]),
        ({"replicas": 0, "streams": 0}, INVALID, ["buffer.streams: ", "buffer.replicas: "]),
        ({"shards": 65}, INVALID, ["buffer.shards: "]),
        ({"replicas": 6}, INVALID, ["buffer.replicas: "]),
        ({"max_bytes": 100}, INVALID, ["buffer.max_bytes: "]),
        ({"ledger": pipeline_pb2.Ledger(max_bytes=1)}, INVALID, ["ledger.max_bytes: "]),
        (
            {"ledger": pipeline_pb2.Ledger(max_bytes=64 * GIB)},
            EXHAUSTED,
            ["ledger.max_bytes: the broker has no room for 68719476736 bytes"],
        ),
        ({"workers": 1001}, INVALID, ["workers.min: "]),
        ({"shards": 65, "streams": 17}, INVALID, ["buffer.streams: ", "buffer.shards: "]),
        ({"replicas": 3}, INVALID, ["buffer.replicas: replicas > 1 not supported"]),
        (
            {"max_bytes": 8 * GIB, "streams": 4},
            EXHAUSTED,
            ["buffer.max_bytes: the broker has no room for 2147483648 bytes"],
        ),
    ],
)
async def test_a_wrong_field_is_named_and_leaves_nothing_behind(
    running: Master,
    nats_broker: Broker,
    changes: dict[str, Any],
    code: grpc.StatusCode,
    lines: Sequence[str],
) -> None:
    found, line = await status_of(running.apply(**changes))
    assert found is code
    assert all(each in line for each in lines), line
    assert await streams(nats_broker) == set()
    assert not (
        await running.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
    ).pipelines


async def test_a_buffer_that_fits_only_in_part_leaves_nothing_behind(
    running: Master, nats_broker: Broker
) -> None:
    # The first of the two streams fits.
    code, _ = await status_of(running.apply(streams=2, max_bytes=900 * MIB))
    assert code is EXHAUSTED
    assert await streams(nats_broker) == set()
    await running.apply(streams=2, max_bytes=600 * MIB)


async def test_a_caller_who_hangs_up_leaves_a_whole_pipeline_or_nothing(
    running: Master, nats_broker: Broker
) -> None:
    for wait in (0.0, 0.001, 0.002, 0.004, 0.008):
        applying = asyncio.ensure_future(running.apply(streams=8, shards=8))
        await asyncio.wait([applying], timeout=wait)
        applying.cancel()
        await asyncio.wait([applying])
        # Changes come one after the other: when this is answered, the last one is over.
        await status_of(running.delete("none"))
        if "LEDGER-street" in await streams(nats_broker):
            await running.delete()
        assert await streams(nats_broker) == set()


async def test_a_change_that_cannot_be_made_leaves_the_pipeline_as_it_was(
    running: Master, nats_broker: Broker
) -> None:
    before = await running.apply()
    await fill(nats_broker, 3)
    for change in ({"max_bytes": 8 * GIB}, {"max_bytes": 8 * GIB, "shards": 8}):
        assert (await status_of(running.apply(**change)))[0] is EXHAUSTED
    assert await running.get() == before
    assert await streams(nats_broker) == {"FRAMES-street-1-0", "LEDGER-street", "DEAD-street"}
    assert await stored(nats_broker) == 3


async def test_other_shards_get_streams_of_their_own_and_the_old_ones_are_worked_off(
    running: Master, nats_broker: Broker
) -> None:
    before = await running.apply()
    await fill(nats_broker, 20)
    after = await running.apply(streams=2, shards=3)
    assert after.revision > before.revision
    new = {"FRAMES-street-2-0", "FRAMES-street-2-1"}
    rest = {"LEDGER-street", "DEAD-street"}
    assert await streams(nats_broker) == {"FRAMES-street-1-0"} | new | rest
    # What waits is still there; nothing more comes to it.
    assert await stored(nats_broker) == 20
    async with publisher(nats_broker) as publish:
        with pytest.raises(StreamMissing):
            await publish.store(OutboundMessage("frames.street.1-0.north", b"x", "late"))
        await publish.store(OutboundMessage("frames.street.2-0.north", b"x", "new"))
    code, line = await status_of(running.delete())
    assert (code, "holds 21 accepted frames" in line) == (CONFLICT, True)
    await work_off(nats_broker, "FRAMES-street-1-0", 20)
    await eventually(lambda: streams(nats_broker), 10, until=(new | rest).__eq__)
    assert (await running.get()).revision == after.revision
    assert await stored(nats_broker, "FRAMES-street-2-0") == 1


async def work_off(broker: Broker, stream: str, count: int) -> None:
    """Take and ack frames of all shards, as workers do."""
    done = 0
    for shard in range(4):
        consumer = await broker.client.jetstream().pull_subscribe_bind(f"shard-1-{shard}", stream)
        for message in await consumer.fetch(count // 4):
            await message.ack_sync()
            done += 1
    assert done == count


async def test_the_ledger_of_a_running_pipeline_can_be_changed(
    running: Master, nats_broker: Broker
) -> None:
    async def limits() -> tuple[int, int]:
        info = await nats_broker.request("$JS.API.STREAM.INFO.LEDGER-street", {})
        return info["config"]["max_bytes"], info["config"]["max_age"]

    day = 24 * 3600 * 10**9
    await running.apply(workers=0)
    assert await limits() == (256 * MIB, day)
    ledger = pipeline_pb2.Ledger(max_bytes=32 * MIB, max_age=Duration(seconds=7200))
    applied = await running.apply(workers=0, ledger=ledger)
    assert applied.spec.ledger == ledger
    assert await limits() == (32 * MIB, 7200 * 10**9)


async def test_a_smaller_buffer_loses_no_accepted_frame(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply()
    await fill(nats_broker, 20, MIB)
    await running.apply(max_bytes=16 * MIB)
    assert await stored(nats_broker) == 20


async def test_a_pipeline_with_pending_frames_is_deleted_only_with_them(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply()
    await fill(nats_broker, 7)
    code, line = await status_of(running.delete())
    assert code is CONFLICT
    assert line.startswith("pipeline 'street' holds 7 accepted frames: wait until they are done")
    assert await stored(nats_broker) == 7
    assert await running.delete(discard=True) == 7
    assert await streams(nats_broker) == set()


async def test_without_a_node_the_pipeline_says_what_keeps_it_from_running(
    running: Master,
) -> None:
    assert (await running.apply()).trouble == "no node is here to run its workers: start an agent"


@pytest.mark.parametrize("name", ["", "a.b", "*", ">"])
async def test_a_bad_name_is_no_key(running: Master, name: str) -> None:
    for call in (running.get(name), running.delete(name)):
        assert (await status_of(call))[0] is INVALID


class AnswerLost(PipelineStore):
    """Writes an entry, and its answer is lost."""

    async def write(self, stored: StoredPipeline) -> StoredPipeline:
        await super().write(stored)
        raise BrokerUnavailable("no answer in time")


class WriteLost(PipelineStore):
    """An entry that does not reach the broker."""

    async def write(self, stored: StoredPipeline) -> StoredPipeline:
        raise BrokerUnavailable("no answer in time")


def manager(broker: Broker, store: PipelineStore) -> PipelineManager:
    """A master's, on the broker of another."""
    models = ModelCatalog(broker, Transfers())
    return PipelineManager(
        store=store,
        revisions=Revisions(RevisionStore(broker)),
        models=models,
        buffers=BufferProvisioner(broker),
        shadows=ShadowStreams(broker),
        pictures=PictureStreams(broker, SinkStore(broker)),
        journal=ChangeJournal(broker),
        fleet=MemoryDriver(),
        events=EventLog(broker, SystemClock()),
        scaler=Autoscaler(
            broker,
            ScalingStore(broker),
            changed=asyncio.Event(),
            events=NoEvents(),
            clock=SystemClock(),
        ),
        changed=asyncio.Event(),
        max_outcome_bytes=lambda: 8 * MIB,
        clock=SystemClock(),
    )


@pytest.mark.parametrize("changed", [False, True])
async def test_a_change_whose_answer_is_lost_keeps_the_streams_that_cameras_send_to(
    running: Master, nats_broker: Broker, changed: bool
) -> None:
    if changed:
        await running.apply(shards=2, workers=0)
    wanted = pipeline_message.from_proto(pipeline_spec(shards=4, workers=0))
    with pytest.raises(BrokerUnavailable):
        await manager(nats_broker, AnswerLost(nats_broker)).apply(wanted)
    number = 2 if changed else 1
    assert {f"FRAMES-street-{number}-0", "LEDGER-street"} <= await streams(nats_broker)
    applied = await running.apply(shards=4, workers=0)
    assert applied.spec.buffer.shards == 4
    info = await nats_broker.request(f"$JS.API.STREAM.INFO.FRAMES-street-{number}-0", {})
    assert sorted(info["config"]["subjects"]) == [f"frames.street.{number}-{n}.*" for n in range(4)]


async def test_a_change_that_was_not_written_leaves_no_stream(
    running: Master, nats_broker: Broker
) -> None:
    wanted = pipeline_message.from_proto(pipeline_spec(workers=0))
    with pytest.raises(BrokerUnavailable):
        await manager(nats_broker, WriteLost(nats_broker)).apply(wanted)
    assert await streams(nats_broker) == set()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffers are looked at again and again."""
    monkeypatch.setattr(draining, "FORGOTTEN_SECONDS", 0.2)


@pytest.mark.parametrize("retired", [True, False])
async def test_acked_frames_that_are_still_in_the_buffer_are_delivered_again(
    often: None, running: Master, nats_broker: Broker, retired: bool
) -> None:
    """A full disk kept JetStream from removing them."""
    jetstream, stream = JetStream(nats_broker), "FRAMES-street-1-0"
    await running.apply(shards=2, workers=0)
    await jetstream.messages.store("frames.street.1-0.north", b"frame")
    for consumer in await jetstream.consumers.names(stream):
        await jetstream.consumers.reset(stream, consumer, from_sequence=2)

    async def waiting() -> int:
        consumers = await jetstream.consumers.names(stream)
        infos = [await jetstream.consumers.info(stream, each) for each in consumers]
        return sum(info.waiting for info in infos)

    if not retired:
        assert await eventually(waiting) == 1
        return
    await running.apply(shards=3, workers=0)
    assert await eventually(waiting) == 1
    # As a worker does it.
    await jetstream.streams.purge(stream)

    async def gone() -> bool:
        return stream not in await jetstream.streams.names()

    await eventually(gone)
