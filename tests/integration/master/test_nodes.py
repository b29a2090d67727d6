"""What a person does with nodes, over gRPC and a real broker."""

import grpc
import pytest

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from tests.integration.master.conftest import Agent, Master, connect, pipeline_spec
from tests.integration.services.running import master, status_of
from tests.waiting import eventually

READY, AWAY = node_pb2.NODE_STATE_READY, node_pb2.NODE_STATE_AWAY
DRAINING, DRAINED = node_pb2.NODE_STATE_DRAINING, node_pb2.NODE_STATE_DRAINED


async def states(running: Master) -> dict[str, int]:
    return {each.node.name: each.state for each in await running.listed_nodes()}


async def drain(running: Master, name: str) -> None:
    await running.nodes.DrainNode(node_pb2.DrainNodeRequest(name=name))


async def uncordon(running: Master, name: str) -> None:
    await running.nodes.UncordonNode(node_pb2.UncordonNodeRequest(name=name))


async def here(running: Master, *names: str) -> list[Agent]:
    agents = [await connect(running.channel, name) for name in names]
    for agent in agents:
        await agent.has()
    return agents


async def test_a_drained_node_hands_its_workers_over(running: Master) -> None:
    (east,) = await here(running, "east")
    await running.apply(workers=2)
    await east.has_count(2)
    await east.report_ready()
    (west,) = await here(running, "west")
    await drain(running, "east")
    await west.has_count(2)
    assert await states(running) == {"east": DRAINING, "west": READY}
    await west.report_ready()
    await east.has()
    east.workers = []
    await east.report()

    async def is_drained() -> bool:
        return await states(running) == {"east": DRAINED, "west": READY}

    await eventually(is_drained)
    await uncordon(running, "east")
    assert await states(running) == {"east": READY, "west": READY}


async def test_a_node_with_the_name_of_a_host_is_drained_and_comes_back(running: Master) -> None:
    name = "ip-10-0-0-1.example.org"
    await here(running, name)
    await drain(running, name)
    assert await states(running) == {name: DRAINED}
    await uncordon(running, name)
    assert await states(running) == {name: READY}


async def test_a_node_stays_drained_when_the_master_is_started_again(nats_url: str) -> None:
    async with master(nats_url) as channel:
        running = Master(channel)
        await here(running, "east")
        await drain(running, "east")
        assert await states(running) == {"east": DRAINED}
    async with master(nats_url) as channel:
        running = Master(channel)
        # Its agent has not reported to this one.
        assert await states(running) == {"east": AWAY}
        await here(running, "east")
        assert await states(running) == {"east": DRAINED}
        await uncordon(running, "east")
        assert await states(running) == {"east": READY}


async def test_a_node_that_left_is_listed_as_away(running: Master) -> None:
    (east,) = await here(running, "east")
    east.leave()

    async def is_away() -> bool:
        return await states(running) == {"east": AWAY}

    await eventually(is_away)


@pytest.mark.parametrize("change", [drain, uncordon])
async def test_a_node_that_is_not_known_is_refused(running: Master, change: object) -> None:
    assert await status_of(change(running, "moon")) == (  # type: ignore[operator]
        grpc.StatusCode.NOT_FOUND,
        "no node is named 'moon': `framemesh node list` shows them",
    )


async def test_a_name_that_another_agent_has_is_refused(running: Master) -> None:
    await here(running, "east")
    other = Agent("east", running.nodes.Connect(), agent_id="another")
    await other.report()
    line = (
        "another agent reports as node 'east': give one of them another name with"
        " FRAMEMESH_AGENT_NODE"
    )
    assert await status_of(other.has("never")) == (grpc.StatusCode.FAILED_PRECONDITION, line)


async def test_what_has_no_place_is_told_before_and_after_it_is_applied(running: Master) -> None:
    await here(running, "east")
    wanted = pipeline_spec(replicas=1)
    wanted.workers.CopyFrom(pipeline_pb2.Workers(min=3, cpus=2, node_labels={}))
    plan = await running.pipelines.PlanPipeline(pipeline_pb2.PlanPipelineRequest(spec=wanted))
    missing = "1 worker has no place: each needs 2 CPUs; east has 0 CPUs free"
    assert dict(plan.workers) == {"east": 2}
    assert (plan.unplaced, plan.missing) == (1, missing)
    assert plan.storage_bytes == (64 + 256) * 2**20
    assert plan.spec.stages[0].model_version == 1
    assert not plan.HasField("current")
    assert not (
        await running.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
    ).pipelines
    await running.pipelines.ApplyPipeline(pipeline_pb2.ApplyPipelineRequest(spec=wanted))

    async def is_told() -> bool:
        return (await running.get()).trouble == missing

    await eventually(is_told)
    wanted.workers.min = 4
    plan = await running.pipelines.PlanPipeline(pipeline_pb2.PlanPipelineRequest(spec=wanted))
    assert (plan.current.workers.min, plan.spec.workers.min) == (3, 4)
    assert (await running.get()).spec.workers.min == 3


async def test_workers_go_to_the_node_with_their_labels(running: Master) -> None:
    (east,) = await here(running, "east")
    west = Agent("west", running.nodes.Connect(), labels={"zone": "hall"})
    await west.report()
    await west.has()
    wanted = pipeline_spec()
    wanted.workers.CopyFrom(pipeline_pb2.Workers(min=2, node_labels={"zone": "hall"}))
    await running.pipelines.ApplyPipeline(pipeline_pb2.ApplyPipelineRequest(spec=wanted))
    await west.has_count(2)
    assert east.assignments == {}
