"""New revisions are watched: one that does not work is given up for the last one that did."""

import pytest

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.core.clock import SystemClock
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.master.rollouts import decision
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.subjects import shard_consumer
from tests.integration.master.conftest import Agent, Master, connect, manifest, pipeline_spec
from tests.integration.master.test_revisions import history
from tests.integration.services.running import master
from tests.waiting import eventually

BOUNDS = pipeline_pb2.Rollout(max_dead=0.1)
BOUNDS.watch.seconds = 3600


async def apply(running: Master, rollout: pipeline_pb2.Rollout) -> pipeline_pb2.Pipeline:
    spec = pipeline_spec()
    spec.rollout.CopyFrom(rollout)
    request = pipeline_pb2.ApplyPipelineRequest(spec=spec)
    return (await running.pipelines.ApplyPipeline(request)).pipeline


async def two_revisions(running: Master, rollout: pipeline_pb2.Rollout) -> tuple[Agent, int, int]:
    """A node with a ready worker of the first revision, and one of the second that starts."""
    east = await connect(running.channel, "east")
    first = (await apply(running, rollout)).revision
    await east.has(f"street-r{first}-0")
    await east.report_ready()
    await running.register(manifest(description="other"))
    second = (await apply(running, rollout)).revision
    await east.has(f"street-r{first}-0", f"street-r{second}-0")
    return east, first, second


async def store_outcomes(broker: Broker, revision: int, fate: Fate, count: int = 30) -> None:
    now = SystemClock().unix_nano()
    async with publisher(broker) as publish:
        for number in range(count):
            outcome = Outcome(
                FrameId("north", f"s{revision}", number + 1),
                "street",
                fate,
                now,
                now + 1_000_000,
                "test",
                reason="" if fate is Fate.DONE else "inference_failed",
                revision=revision,
            )
            await publish.store(outcome_message.to_message(outcome))


def fails(worker: str, revision: int) -> node_pb2.Worker:
    return node_pb2.Worker(
        id=worker,
        pipeline="street",
        revision=revision,
        state=node_pb2.WORKER_STATE_FAILED,
        trouble="the model has no output",
    )


async def test_a_revision_whose_workers_fail_is_rolled_back_and_remembered(
    running: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision, "MAX_FAILED_SECONDS", 0.5)
    east, first, second = await two_revisions(running, pipeline_pb2.Rollout())
    east.workers[:] = [east.workers[0], fails(f"street-r{second}-0", second)]
    await east.report()
    await east.has(f"street-r{first}-0")
    found = await running.get()
    why = "its workers fail: the model has no output"
    assert (found.revision, found.current_workers) == (first, 1)
    assert found.trouble == f"revision {second} was rolled back: {why}"
    kept = {each.revision: each.problem for each in await history(running)}
    assert kept == {second: why, first: ""}

    request = pipeline_pb2.ApplyPipelineRequest(spec=pipeline_spec())
    answer = await running.pipelines.ApplyPipeline(request)
    third = answer.pipeline.revision
    assert third > second
    assert answer.notice == (
        f"revision {second} was the same and was rolled back: {why};"
        f" it is tried again as revision {third}"
    )
    assert answer.pipeline.rollout.stable_revision == first


async def test_a_revision_whose_frames_die_is_rolled_back(
    running: Master, nats_broker: Broker
) -> None:
    east, first, second = await two_revisions(running, BOUNDS)
    await east.report_ready()
    await east.has(f"street-r{second}-0")
    await east.report_ready()
    await store_outcomes(nats_broker, first, Fate.DEAD)
    await store_outcomes(nats_broker, second, Fate.DEAD)

    async def rolled_back() -> bool:
        return (await running.get()).revision == first

    await eventually(rolled_back)
    await east.has(f"street-r{first}-0", f"street-r{second}-0")
    assert "frames are dead, more than 10% (rollout.max_dead)" in (await running.get()).trouble


async def test_a_revision_that_keeps_its_bounds_is_good_after_a_while(
    running: Master, nats_broker: Broker
) -> None:
    rollout = pipeline_pb2.Rollout(max_dead=0.1)
    rollout.watch.seconds = 1
    east, _, second = await two_revisions(running, rollout)
    await east.report_ready()
    await east.has(f"street-r{second}-0")
    await east.report_ready()

    async def is_watched() -> bool:
        return (await running.get()).rollout.phase == pipeline_pb2.ROLLOUT_PHASE_WATCHING

    await eventually(is_watched)
    await store_outcomes(nats_broker, second, Fate.DONE)

    async def is_good() -> bool:
        found = await running.get()
        return found.revision == second and not found.HasField("rollout")

    await eventually(is_good)


async def test_a_canary_has_shards_of_its_own_until_it_is_promoted(
    running: Master, nats_broker: Broker
) -> None:
    rollout = pipeline_pb2.Rollout(canary=0.5)
    rollout.watch.seconds = 1
    east, first, second = await two_revisions(running, rollout)
    store = PipelineStore(nats_broker)
    assert (await store.get("street")).generation.number == 1
    await east.report_ready()

    async def has_its_cameras() -> bool:
        return (await running.get()).rollout.phase == pipeline_pb2.ROLLOUT_PHASE_CANARY

    await eventually(has_its_cameras)
    generation = (await store.get("street")).generation
    assert (generation.number, generation.canary) == (2, 0.5)
    shards = {shard_consumer(shard) for shard in generation.all_shards("street")}
    assert {*await JetStream(nats_broker).consumers.names("FRAMES-street-2-0")} == shards
    # Promoted after a while: the stable one's worker goes.
    await east.has(f"street-r{second}-0")
    await east.report_ready()
    stored = await store.get("street")
    assert (stored.generation.number, stored.generation.canary) == (3, 0.0)

    async def drained() -> bool:
        stored = await store.get("street")
        return not stored.draining and stored.rollout is None

    await eventually(drained)
    assert first < second == (await running.get()).revision


async def test_a_canary_that_is_given_up_leaves_the_stable_workers_alone(
    running: Master, nats_broker: Broker
) -> None:
    rollout = pipeline_pb2.Rollout(canary=0.5, max_dead=0.1)
    rollout.watch.seconds = 3600
    east, first, second = await two_revisions(running, rollout)
    await east.report_ready()

    async def has_its_cameras() -> bool:
        return (await running.get()).rollout.phase == pipeline_pb2.ROLLOUT_PHASE_CANARY

    await eventually(has_its_cameras)
    found = await running.get()
    wanted = found.wanted_workers, found.wanted_stable_workers
    assert (found.ready_workers, wanted) == (2, (1, 1))
    await store_outcomes(nats_broker, second, Fate.DEAD)
    await east.has(f"street-r{first}-0")
    found = await running.get()
    assert found.wanted_stable_workers == 0
    assert found.rolled_back.startswith(f"revision {second} was rolled back: 30 of 30 frames")
    stored = await PipelineStore(nats_broker).get("street")
    assert (stored.revision, stored.generation.canary) == (first, 0.0)


async def test_the_next_leader_goes_on_with_a_rollout(nats_url: str) -> None:
    rollout = pipeline_pb2.Rollout()
    rollout.deadline.seconds = 5
    async with master(nats_url) as channel:
        running = Master(channel)
        await running.register()
        _, first, second = await two_revisions(running, rollout)
        assert (await running.get()).rollout.stable_revision == first
    async with master(nats_url) as channel:
        running = Master(channel)
        east = await connect(channel, "east", **{f"street-r{first}-0": first})
        await east.has(f"street-r{first}-0", f"street-r{second}-0")

        async def rolled_back() -> bool:
            return (await running.get()).revision == first

        await eventually(rolled_back)
        assert "no worker of it was ready within 5s" in (await running.get()).trouble
