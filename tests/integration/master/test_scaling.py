"""The number of workers follows the backlog of a real buffer, through the master's services."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from google.protobuf.duration_pb2 import Duration

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.master.scaling.capacity import Capacity
from framemesh.master.scaling.scaling_store import Scaled, ScaledElsewhere, ScalingStore
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages.subjects import PIPELINES_BUCKET
from tests.integration.master.conftest import Agent, Master, connect, pipeline_spec
from tests.integration.services.running import master, status_of
from tests.waiting import eventually


async def apply(running: Master, **workers: object) -> pipeline_pb2.Pipeline:
    """Apply `street` with these fields of its workers."""
    spec = pipeline_spec()
    spec.workers.CopyFrom(pipeline_pb2.Workers(**workers))  # type: ignore[arg-type]
    answer = await running.pipelines.ApplyPipeline(pipeline_pb2.ApplyPipelineRequest(spec=spec))
    return answer.pipeline


async def send(broker: Broker, first: int, count: int) -> None:
    """Put frames into the buffer, as ingest does."""
    async with publisher(broker) as publish:
        for number in range(first, first + count):
            subject = f"frames.street.1-{number % 4}.north"
            await publish.store(OutboundMessage(subject, b"x", f"north/s1/{number}"))


async def complete_all(broker: Broker) -> None:
    """Empty the buffer, as workers do that complete every frame."""
    await JetStream(broker).streams.purge("FRAMES-street-1-0")


@pytest.fixture
async def east(running: Master) -> AsyncIterator[Agent]:
    """The only node."""
    agent = await connect(running.channel, "east")
    await agent.has()
    yield agent
    agent.leave()


async def test_the_first_frame_wakes_a_pipeline_and_silence_lets_it_sleep_again(
    running: Master, nats_broker: Broker, east: Agent
) -> None:
    await apply(running, min=0, max=3, shrink_after=Duration(seconds=1))
    assert (await running.get()).wanted_workers == 0
    await send(nats_broker, 0, 1)
    await east.has_count(1)
    await east.report_ready()
    found = await running.get()
    assert (found.wanted_workers, found.load.pending_frames) == (1, 1)
    await complete_all(nats_broker)
    await east.has()
    assert (await running.get()).wanted_workers == 0


async def test_a_backlog_that_grows_adds_workers_by_what_one_does(
    nats_url: str, nats_broker: Broker
) -> None:
    async with master(nats_url) as channel:
        await Master(channel).register()
        await apply(Master(channel), min=1, max=6)
    # As an earlier leader learned it.
    await ScalingStore(nats_broker).put("street", Scaled(1, 0, Capacity(50.0, 50.0, 1.0)))
    async with master(nats_url) as channel:
        running = Master(channel)
        agent = await connect(channel, "east")
        await agent.has_count(1)
        await agent.report_ready()
        sent = 0

        async def grown() -> int:
            nonlocal sent
            await send(nats_broker, sent, 30)
            sent += 30
            return (await running.get()).wanted_workers

        await eventually(grown, until=lambda wanted: wanted >= 2)
        agent.leave()


async def test_the_next_leader_keeps_the_number_and_what_was_learned(
    nats_url: str, nats_broker: Broker
) -> None:
    async with master(nats_url) as channel:
        first = Master(channel)
        await first.register()
        await apply(first, min=1, max=4)
        await ScalingStore(nats_broker).put("street", Scaled(3, 0, Capacity(12.5, 12.5, 2.0)))
    async with master(nats_url) as channel:
        second = Master(channel)
        assert (await second.get()).wanted_workers == 3
        agent = await connect(channel, "east")
        await agent.has_count(3)
        load = await eventually(second.get, until=lambda found: found.HasField("load"))
        assert load.load.worker_rate == 12.5
        agent.leave()


async def test_other_bounds_make_no_new_revision(running: Master, east: Agent) -> None:
    before = await apply(running, min=1, max=4)
    await east.has_count(1)
    after = await apply(running, min=2, max=4)
    assert (after.revision, after.wanted_workers) == (before.revision, 2)
    assert (await running.get()).spec.workers.min == 2
    await east.has_count(2)
    other = await apply(running, min=2, max=4, cpus=0.5)
    assert other.revision > before.revision


async def test_what_was_learned_goes_with_the_pipeline(
    running: Master, nats_broker: Broker
) -> None:
    await apply(running, min=0, max=3, shrink_after=Duration(seconds=1))
    await send(nats_broker, 0, 1)
    store = ScalingStore(nats_broker)
    await eventually(store.all, until=lambda found: "street" in found)
    await running.delete(discard=True)
    await eventually(store.all, until=lambda found: not found)


async def test_what_was_learned_stays_while_the_entry_of_its_pipeline_cannot_be_read(
    nats_url: str, nats_broker: Broker
) -> None:
    async with master(nats_url) as channel:
        await Master(channel).register()
        await apply(Master(channel), min=1, max=4)
    store, learned = ScalingStore(nats_broker), Scaled(3, 0, Capacity(12.5, 12.5, 2.0))
    await store.put("street", learned)
    await store.put("gone", learned)
    await KeyValueBucket(nats_broker, PIPELINES_BUCKET).put("street", b"no document")
    async with master(nats_url):
        # When that of a pipeline that is not there is forgotten, a round has looked at both.
        found = await eventually(store.all, until=lambda each: "gone" not in each)
    assert found == {"street": learned}


async def test_bounds_that_cannot_be_are_refused_with_their_field(running: Master) -> None:
    _, line = await status_of(apply(running, min=5, max=4))
    assert "workers.max: use workers.min (5) or more" in line
    spec = pipeline_spec()
    spec.workers.CopyFrom(pipeline_pb2.Workers(min=1, max=4))
    spec.delivery.latest.frames = 1
    request = pipeline_pb2.ApplyPipelineRequest(spec=spec)
    _, line = await status_of(running.pipelines.ApplyPipeline(request))
    assert "workers.max: has nothing to go by with delivery latest" in line


async def test_what_another_master_stored_is_not_written_over(nats_broker: Broker) -> None:
    store = ScalingStore(nats_broker)
    await store.create()
    first = await store.put("street", Scaled(2))
    second = await store.put("street", replace(first, replicas=3))
    for late in (replace(first, replicas=1), Scaled(1)):
        with pytest.raises(ScaledElsewhere, match="another master scales pipeline street"):
            await store.put("street", late)
    await store.remove("street", first)
    assert await store.get("street") == second
    await store.remove("street", second)
    assert await store.get("street") is None
