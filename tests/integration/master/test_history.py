"""What a master tells of a pipeline: what holds of it, and what happened to it."""

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from tests.integration.master.conftest import Agent, Master, connect
from tests.waiting import eventually


async def events(master: Master) -> list[str]:
    """Of the pipeline street, the newest last."""
    request = pipeline_pb2.GetPipelineRequest(name="street")
    answer = await master.pipelines.GetPipeline(request)
    return [f"{each.kind}: {each.message}" for each in answer.events]


async def recorded(master: Master, *expected: str) -> list[str]:
    """The events, once all of these are among them."""
    return await eventually(lambda: events(master), until=lambda told: {*expected} <= {*told})


async def conditions(master: Master) -> list[str]:
    return [f"{each.name}: {each.message}" for each in (await master.get()).conditions]


async def reports(agent: Agent, state: "node_pb2.WorkerState.ValueType", trouble: str = "") -> None:
    """All workers that are assigned are in this state."""
    agent.workers = [
        node_pb2.Worker(id=name, pipeline="street", state=state, revision=revision, trouble=trouble)
        for name, revision in (agent.assignments or {}).items()
    ]
    await agent.report()


async def test_the_way_of_a_pipeline_is_told(running: Master) -> None:
    agent = await connect(running.channel, "east")
    first = (await running.apply()).revision
    await agent.has_count(1)
    worker = f"street-r{first}-0 on east"
    assert await conditions(running) == ["starting: 1 worker to be placed"]
    await reports(agent, node_pb2.WORKER_STATE_STARTING)
    await eventually(
        lambda: conditions(running), until=lambda told: told == [f"starting: {worker}"]
    )
    await recorded(running, f"worker_added: {worker}")
    await reports(agent, node_pb2.WORKER_STATE_FAILED, "exited with 1")
    await recorded(running, f"worker_failed: {worker}: exited with 1")
    assert await conditions(running) == [f"degraded: {worker}: exited with 1"]
    await reports(agent, node_pb2.WORKER_STATE_READY)
    told = await recorded(running, f"worker_ready: {worker}")
    assert told[:2] == [
        "buffer_provisioned: generation 1: 4 shards in 1 stream",
        f"applied: revision {first}: new",
    ]
    assert await conditions(running) == [f"ready: 1 of 1 workers of revision {first}"]
    second = (await running.apply(workers=2)).revision
    await recorded(running, f"applied: revision {second}: workers.min: 1 -> 2")
    await running.delete()
    await running.apply()
    assert not [line for line in await events(running) if "workers.min" in line]


async def test_a_change_of_shards_drains_the_earlier_buffer(running: Master) -> None:
    await running.apply(shards=2, workers=0)
    assert await conditions(running) == ["ready: no worker is wanted"]
    await running.apply(shards=3, workers=0)
    await recorded(
        running,
        "buffer_provisioned: generation 2: 3 shards in 1 stream",
        "generation_drained: all frames of generation 1 of the buffer are done",
    )


async def test_without_a_node_it_is_degraded(running: Master) -> None:
    await running.apply()
    expected = ["degraded: no node is here to run its workers: start an agent"]
    await eventually(lambda: conditions(running), until=lambda told: told == expected)
