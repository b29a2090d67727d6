"""The streams of a shadow begin and end with its entry, and what it runs with is looked after."""

from typing import Any

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2, pipeline_pb2
from framemesh.master.shadows.shadow_store import ShadowStore
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.master.conftest import (
    Master,
    connect,
    manifest,
    onnx_file,
    pipeline_spec,
)
from tests.integration.services.running import MIB, status_of
from tests.waiting import eventually

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


async def apply(running: Master, version: int = 0, **changes: Any) -> pipeline_pb2.Pipeline:
    """Apply the pipeline `street` with a shadow of this version; 0: without one."""
    spec = pipeline_spec(workers=0, **changes)
    if version:
        spec.rollout.shadow.models["people"] = version
    request = pipeline_pb2.ApplyPipelineRequest(spec=spec)
    return (await running.pipelines.ApplyPipeline(request)).pipeline


async def streams(broker: Broker) -> set[str]:
    names = await JetStream(broker).streams.names()
    return {name for name in names if not name.startswith(("KV_", "OBJ_", "framemesh-"))}


ALONE = {"FRAMES-street-1-0", "LEDGER-street", "DEAD-street"}
SHADOWED = ALONE | {"SHADOW-street", "RUNS-street"}


@pytest.fixture
async def two(running: Master) -> Master:
    """With a second version of the model, of which the first is current."""
    await running.register(manifest(description="another"), onnx_file(padding=1))
    await running.models.PromoteModel(model_pb2.PromoteModelRequest(name="person", version=1))
    return running


async def test_the_streams_come_with_the_entry_and_go_with_it(
    two: Master, nats_broker: Broker
) -> None:
    jetstream = JetStream(nats_broker)
    first = await apply(two)
    assert await streams(nats_broker) == ALONE
    shadowed = await apply(two, 2)
    assert shadowed.revision == first.revision
    assert await streams(nats_broker) == SHADOWED
    assert await jetstream.consumers.names("SHADOW-street") == ["shadow"]

    await jetstream.messages.store("frames.street.1-0.north", b"frame")

    async def copied() -> bool:
        return (await jetstream.streams.info("SHADOW-street")).state.messages == 1

    await eventually(copied)
    await apply(two)
    assert await streams(nats_broker) == ALONE
    info = await jetstream.streams.info("FRAMES-street-1-0")
    assert (info.config.republish, info.state.messages) == (None, 1)


async def test_frames_are_copied_from_whatever_buffer_takes_them(
    two: Master, nats_broker: Broker
) -> None:
    jetstream = JetStream(nats_broker)
    await apply(two, 2)
    await jetstream.messages.store("frames.street.1-0.north", b"frame")
    await apply(two, 2, streams=2, shards=2)
    assert (await jetstream.streams.info("FRAMES-street-1-0")).config.republish is None
    await jetstream.messages.store("frames.street.2-0.north", b"frame")
    await jetstream.messages.store("frames.street.2-3.north", b"frame")

    async def copied() -> bool:
        return (await jetstream.streams.info("SHADOW-street")).state.messages == 3

    await eventually(copied)


async def test_a_deleted_pipeline_leaves_nothing_of_its_shadow(
    two: Master, nats_broker: Broker
) -> None:
    await apply(two, 2)
    store = ShadowStore(nats_broker)
    await eventually(lambda: store.get("street"))
    await two.delete()
    assert await streams(nats_broker) == set()
    assert await store.get("street") is None


async def test_a_shadow_has_a_version_that_there_is_and_that_does_not_run(two: Master) -> None:
    assert await status_of(apply(two, 7)) == (
        NOT_FOUND,
        "rollout.shadow.models.people: model 'person' has no version 7, the newest is 2",
    )
    assert await status_of(apply(two, 1)) == (
        INVALID,
        (
            "pipeline: rollout.shadow.models.people: version 1 is what the pipeline runs: name"
            " another one to compare"
        ),
    )
    assert await status_of(two.get()) == (
        NOT_FOUND,
        "no pipeline is named 'street': apply it first, or check the name",
    )


async def test_a_version_that_a_shadow_has_stays(two: Master) -> None:
    await apply(two, 2)
    request = model_pb2.DeleteModelRequest(name="person", version=2)
    code, line = await status_of(two.models.DeleteModel(request))
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert line.startswith("version 2 of model 'person' is used by street")
    await apply(two)
    assert (await status_of(two.models.DeleteModel(request)))[1] == ""


async def test_a_shadow_ends_when_its_version_is_promoted(two: Master, nats_broker: Broker) -> None:
    await apply(two, 2)
    await two.models.PromoteModel(model_pb2.PromoteModelRequest(name="person", version=2))
    found = (await two.get()).spec
    assert found.stages[0].model_version == 2
    assert not found.rollout.HasField("shadow")
    assert await streams(nats_broker) == ALONE


async def test_a_plan_has_the_workers_of_a_shadow(two: Master) -> None:
    await connect(two.channel, "east")
    spec = pipeline_spec()
    spec.rollout.shadow.models["people"] = 2
    spec.rollout.shadow.workers = 2
    plan = await two.pipelines.PlanPipeline(pipeline_pb2.PlanPipelineRequest(spec=spec))
    assert dict(plan.workers) == {"east": 1}
    assert dict(plan.shadow_workers) == {"east": 2}
    assert plan.missing_shadow == ""


async def test_a_plan_counts_the_storage_of_a_shadow(two: Master) -> None:
    bytes_of = []
    for version in (0, 2):
        spec = pipeline_spec(workers=0)
        if version:
            spec.rollout.shadow.models["people"] = version
        request = pipeline_pb2.PlanPipelineRequest(spec=spec)
        bytes_of.append((await two.pipelines.PlanPipeline(request)).storage_bytes)
    assert bytes_of[1] - bytes_of[0] == 128 * MIB


async def report(running: Master) -> pipeline_pb2.ShadowReport:
    request = pipeline_pb2.GetShadowReportRequest(name="street")
    return (await running.pipelines.GetShadowReport(request)).report


async def test_what_a_shadow_skipped_is_told(two: Master, nats_broker: Broker) -> None:
    jetstream = JetStream(nats_broker)
    await apply(two, 2)
    begun = await report(two)
    assert (begun.running, begun.waiting_frames, begun.skipped_frames) == (True, 0, 0)
    # What was copied before the leader's first look at it is not counted.
    await eventually(lambda: ShadowStore(nats_broker).get("street"))
    for number in range(3):
        await jetstream.messages.store(f"frames.street.1-{number}.north", b"frame")
    await eventually(lambda: report(two), until=lambda found: found.waiting_frames == 3)
    await jetstream.streams.purge("SHADOW-street")
    found = await report(two)
    assert (found.waiting_frames, found.skipped_frames) == (0, 3)


async def test_a_shadow_is_ended_by_hand_and_its_report_is_kept(
    two: Master, nats_broker: Broker
) -> None:
    missing = (
        NOT_FOUND,
        (
            "pipeline 'street' has no shadow: name the versions in rollout.shadow.models of its"
            " file, and apply it"
        ),
    )
    await apply(two)
    request = pipeline_pb2.EndShadowRequest(name="street")
    assert await status_of(report(two)) == missing
    assert await status_of(two.pipelines.EndShadow(request)) == missing

    revision = (await apply(two, 2)).revision
    await eventually(lambda: ShadowStore(nats_broker).get("street"))
    ended = (await two.pipelines.EndShadow(request)).report
    (stage,) = ended.stages
    assert (stage.stage, stage.version, stage.shadow_version) == ("people", 1, 2)
    found = await two.get()
    assert (found.revision, found.spec.rollout.HasField("shadow")) == (revision, False)
    assert await streams(nats_broker) == ALONE
    last = await report(two)
    assert (last.running, last.since_unix_nano) == (False, ended.since_unix_nano)
    assert await status_of(two.pipelines.EndShadow(request)) == missing
