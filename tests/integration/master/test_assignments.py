"""Which workers the master orders from which node."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest

import framemesh.master.app
from framemesh.api.master.v1 import node_pb2
from framemesh.master.settings import Settings
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import DRAIN_TIMEOUT_SECONDS
from tests.integration.master.conftest import Agent, Master, attend, manifest
from tests.integration.services.running import master, serving, status_of, until

FIVE = {f"street-{number}" for number in range(5)}


def assigned(*agents: Agent) -> list[str]:
    return sorted(name for agent in agents for name in agent.assignments or {})


async def two_with_five(running: Master) -> tuple[Agent, Agent]:
    """Two nodes that share five workers."""
    east, west = await attend(running.channel, "east"), await attend(running.channel, "west")
    await east.has()
    await west.has()
    await running.apply(workers=5)
    await east.has_count(3)
    await west.has_count(2)
    return east, west


async def test_workers_are_spread_over_the_nodes(running: Master) -> None:
    east, west = await two_with_five(running)
    assert assigned(east, west) == sorted(FIVE)
    revision = (await running.get()).revision
    assert {*(east.assignments or {}).values(), *(west.assignments or {}).values()} == {revision}


async def test_workers_stay_where_they_are_when_a_node_comes(running: Master) -> None:
    east, west = await two_with_five(running)
    before = east.assignments, west.assignments
    north = await attend(running.channel, "north")
    await north.has()
    await running.apply(workers=6)
    await north.has("street-5")
    # The new revision reaches all; who runs what stays.
    await east.until(lambda assignments: set(assignments) == set(before[0] or {}))
    await west.until(lambda assignments: set(assignments) == set(before[1] or {}))


async def test_workers_move_when_their_node_leaves(running: Master) -> None:
    east, west = await two_with_five(running)
    west.leave()
    await east.has(*FIVE)


async def test_workers_follow_the_count_and_the_revision(running: Master) -> None:
    east, west = await two_with_five(running)
    applied = await running.apply(workers=2)
    await east.until(lambda assignments: set(assignments.values()) == {applied.revision})
    await west.until(lambda assignments: set(assignments.values()) == {applied.revision})
    assert assigned(east, west) == ["street-0", "street-1"]
    await running.apply(workers=0)
    await east.has()
    await west.has()


async def test_a_new_model_version_replaces_the_workers(running: Master) -> None:
    east = await attend(running.channel, "east")
    first = await running.apply()
    await east.until(lambda assignments: assignments == {"street-0": first.revision})
    await running.register(manifest(description="better"))
    second = await running.apply()
    await east.until(lambda assignments: assignments == {"street-0": second.revision})
    await running.delete()
    await east.has()


async def test_ready_workers_are_counted_and_trouble_is_shown(running: Master) -> None:
    east = await attend(running.channel, "east")
    await running.apply(workers=2)
    await east.has_count(2)
    failed = node_pb2.Worker(
        id="street-0",
        pipeline="street",
        state=node_pb2.WORKER_STATE_FAILED,
        trouble="the model has no output",
    )
    east.workers = [failed]
    await east.report()

    async def is_in_trouble() -> bool:
        found = await running.get()
        return (found.ready_workers, found.trouble) == (0, "street-0: the model has no output")

    async def is_ready() -> bool:
        found = await running.get()
        return (found.ready_workers, found.trouble) == (2, "")

    await until(is_in_trouble)
    await east.report_ready()
    await until(is_ready)
    nodes = (await running.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
    assert [(node.name, node.cpus, len(node.workers)) for node in nodes] == [("east", 4, 2)]


async def test_an_agent_that_attends_again_gets_its_orders_on_the_new_call(
    running: Master,
) -> None:
    await running.apply(workers=2)
    first = await attend(running.channel, "east")
    await first.has_count(2)
    second = await attend(running.channel, "east", "street-0", "street-1")
    await second.has_count(2)
    first.leave()
    await running.apply(workers=3)
    await second.has_count(3)


@pytest.mark.parametrize("name", ["", "a b", "x.y"])
async def test_a_node_with_a_bad_name_is_refused(running: Master, name: str) -> None:
    agent = await attend(running.channel, name)
    code, line = await status_of(agent.has())
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert line.startswith("bad node name")


async def test_a_node_that_changes_its_name_is_refused(running: Master) -> None:
    agent = await attend(running.channel, "east")
    await agent.has()
    agent.name = "west"
    await agent.report()
    code, line = await status_of(agent.has("never"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "node 'east' reports as 'west'" in line


async def test_a_new_master_leaves_the_workers_where_they_run(nats_url: str) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with master(nats_url, address) as channel:
        first = Master(channel)
        await first.register()
        east, west = await two_with_five(first)
        before = await first.get()
        had_east, had_west = east.assignments or {}, west.assignments or {}
        east.leave()
        west.leave()
    async with master(nats_url, address) as channel:
        second = Master(channel)
        # The one that comes first is not to take what runs on the other.
        west = await attend(channel, "west", *had_west)
        await west.until(lambda assignments: len(assignments) == 5)
        east = await attend(channel, "east", *had_east)
        await east.until(lambda assignments: assignments == had_east)
        await west.until(lambda assignments: assignments == had_west)
        after = await second.get()
        assert (after.spec, after.revision) == (before.spec, before.revision)
        assert (await second.register()).version == 1


async def test_a_master_that_goes_ends_its_conversations_at_once(nats_url: str) -> None:
    settings = Settings(nats=nats_url, listen=f"127.0.0.1:{free_block(1)}")
    async with (
        asyncio.timeout(DRAIN_TIMEOUT_SECONDS / 2),
        channel_to(settings.listen) as channel,
        serving(framemesh.master.app.run, settings, settings.listen) as stop,
    ):
        agent = await attend(channel, "east")
        await agent.has()
        stop.set()
        ended = await status_of(agent.has("never"))
    assert ended == (grpc.StatusCode.UNAVAILABLE, "the server is going: call again")


async def test_the_master_goes_on_when_the_broker_comes_back(
    nats: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as server, master(nats.url) as channel:
        running = Master(channel)
        await running.register()
        agent = await attend(channel, "east")
        first = await running.apply(workers=2)
        await agent.has_count(2)
        server.kill()
        await server.wait()
        async with running_nats_server(nats, log):

            async def answers() -> bool:
                return (await status_of(running.get()))[0] is grpc.StatusCode.OK

            await until(answers)
            assert (await running.get()).revision == first.revision
            await running.apply(workers=3)
            await agent.has_count(3)
            assert (await running.register()).version == 1
            # Before the broker goes, so that nothing waits for it.
            agent.leave()
