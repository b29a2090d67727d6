"""Which workers the master assigns to which node."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import pytest

import framemesh.master.app
from framemesh.api.master.v1 import node_pb2
from framemesh.master.settings import Settings
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import DRAIN_TIMEOUT_SECONDS
from tests.integration.master.conftest import Agent, Master, connect, manifest
from tests.integration.services.running import master, serving, status_of
from tests.waiting import eventually


def assigned(*agents: Agent) -> list[str]:
    return sorted(name for agent in agents for name in agent.assignments or {})


def names(revision: int, count: int) -> list[str]:
    return [f"street-r{revision}-{number}" for number in range(count)]


async def two_with_five(running: Master) -> tuple[Agent, Agent, int]:
    """Two nodes that share five workers, and their revision."""
    east, west = await connect(running.channel, "east"), await connect(running.channel, "west")
    await east.has()
    await west.has()
    revision = (await running.apply(workers=5)).revision
    await east.has_count(3)
    await west.has_count(2)
    await east.report_ready()
    await west.report_ready()
    return east, west, revision


@asynccontextmanager
async def following(*agents: Agent) -> AsyncIterator[list[int]]:
    """Agents whose workers are ready as soon as they are assigned; yields the number of workers
    after each assignment. Their calls end with the context."""
    numbers: list[int] = []

    async def follow(agent: Agent) -> None:
        while True:
            await agent.read()
            numbers.append(len(assigned(*agents)))
            await agent.report_ready()

    async with AsyncExitStack() as stack:
        for agent in agents:
            await stack.enter_async_context(background_task(follow(agent)))
        yield numbers


async def until_assigned(expected: list[str], *agents: Agent) -> None:
    async def is_so() -> bool:
        return assigned(*agents) == expected

    await eventually(is_so)


async def test_workers_are_spread_over_the_nodes(running: Master) -> None:
    east, west, revision = await two_with_five(running)
    assert assigned(east, west) == names(revision, 5)
    assert {*(east.assignments or {}).values(), *(west.assignments or {}).values()} == {revision}


async def test_workers_stay_where_they_are_when_a_node_comes(running: Master) -> None:
    east, west, revision = await two_with_five(running)
    north = await connect(running.channel, "north")
    await north.has()
    assert assigned(east, west) == names(revision, 5)


async def test_workers_move_when_their_node_leaves(running: Master) -> None:
    east, west, revision = await two_with_five(running)
    west.leave()
    await east.has(*names(revision, 5))


async def test_a_new_revision_replaces_one_worker_after_the_other(running: Master) -> None:
    east = await connect(running.channel, "east")
    first = (await running.apply(workers=3)).revision
    await east.has(*names(first, 3))
    await east.report_ready()
    await running.register(manifest(description="better"))
    second = (await running.apply(workers=3)).revision
    # One more, and one less of the old: two of three are ready at any time.
    await east.has(*names(first, 2), *names(second, 1))
    await east.report_ready()
    async with following(east) as numbers:
        await until_assigned(names(second, 3), east)
        assert max(numbers) <= 4
        await running.delete()
        await until_assigned([], east)


async def test_a_single_worker_stays_until_its_successor_is_ready(running: Master) -> None:
    east = await connect(running.channel, "east")
    first = (await running.apply()).revision
    await east.has(*names(first, 1))
    await east.report_ready()
    await running.register(manifest(description="better"))
    second = (await running.apply()).revision
    await east.has(*names(first, 1), *names(second, 1))
    old, new = (
        node_pb2.Worker(id=f"street-r{revision}-0", pipeline="street", revision=revision)
        for revision in (first, second)
    )
    old.state, new.state = node_pb2.WORKER_STATE_READY, node_pb2.WORKER_STATE_FAILED
    new.trouble = "the model has no output"
    trouble = (
        f"revision {second} is not ready, revision {first} goes on:"
        f" street-r{second}-0: the model has no output"
    )
    east.workers = [old, new]
    await east.report()

    async def says_so() -> bool:
        found = await running.get()
        return (found.ready_workers, found.trouble) == (1, trouble)

    await eventually(says_so)
    assert assigned(east) == [*names(first, 1), *names(second, 1)]
    new.state = node_pb2.WORKER_STATE_READY
    east.workers = [old, new]
    await east.report()
    await east.has(*names(second, 1))
    assert not (await running.get()).trouble


async def test_workers_follow_the_count(running: Master) -> None:
    east, west, _ = await two_with_five(running)
    async with following(east, west):
        revision = (await running.apply(workers=2)).revision
        await until_assigned(names(revision, 2), east, west)
        await running.apply(workers=0)
        await until_assigned([], east, west)


async def test_ready_workers_are_counted_and_trouble_is_shown(running: Master) -> None:
    east = await connect(running.channel, "east")
    revision = (await running.apply(workers=2)).revision
    await east.has_count(2)
    failed = node_pb2.Worker(
        id=f"street-r{revision}-0",
        pipeline="street",
        state=node_pb2.WORKER_STATE_FAILED,
        trouble="the model has no output",
        revision=revision,
    )
    east.workers = [failed]
    await east.report()
    trouble = f"street-r{revision}-0: the model has no output"

    async def is_in_trouble() -> bool:
        found = await running.get()
        return (found.ready_workers, found.trouble) == (0, trouble)

    async def is_ready() -> bool:
        found = await running.get()
        return (found.ready_workers, found.trouble) == (2, "")

    await eventually(is_in_trouble)
    await east.report_ready()
    await eventually(is_ready)
    nodes = [
        each.node for each in (await running.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
    ]
    assert [(node.name, node.cpus, len(node.workers)) for node in nodes] == [("east", 4, 2)]
    assert {worker.revision for worker in nodes[0].workers} == {revision}


async def test_an_agent_that_connects_again_is_assigned_its_workers_on_the_new_call(
    running: Master,
) -> None:
    revision = (await running.apply(workers=2)).revision
    first = await connect(running.channel, "east")
    await first.has_count(2)
    second = await connect(running.channel, "east", **dict.fromkeys(names(revision, 2), revision))
    await second.has_count(2)
    first.leave()
    await running.apply(workers=0)
    await second.has()


@pytest.mark.parametrize("name", ["", "a b", "x..y"])
async def test_a_node_with_a_bad_name_is_refused(running: Master, name: str) -> None:
    agent = await connect(running.channel, name)
    code, line = await status_of(agent.has())
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert line.startswith("bad node name")


async def test_a_node_that_changes_its_name_is_refused(running: Master) -> None:
    agent = await connect(running.channel, "east")
    await agent.has()
    agent.name = "west"
    await agent.report()
    code, line = await status_of(agent.has("never"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "node 'east' reports as 'west'" in line


@pytest.mark.parametrize(
    ("workers", "code", "line"),
    [
        (
            [node_pb2.Worker(id=f"w{number}") for number in range(1001)],
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "node 'east' reports 1001 workers: at most 1000 are taken",
        ),
        (
            [node_pb2.Worker(id="w" * 5000)],
            grpc.StatusCode.INVALID_ARGUMENT,
            f"a node is reported with '{'w' * 40}'... of 5000 characters",
        ),
    ],
)
async def test_a_report_that_is_too_large_is_refused(
    running: Master, workers: list[node_pb2.Worker], code: grpc.StatusCode, line: str
) -> None:
    agent = await connect(running.channel, "east")
    await agent.has()
    agent.workers = workers
    await agent.report()
    assert await status_of(agent.has("never")) == (code, line)
    assert [each.state for each in await running.listed_nodes()] == [node_pb2.NODE_STATE_AWAY]


async def test_a_long_line_of_trouble_is_cut(running: Master) -> None:
    agent = await connect(running.channel, "east")
    await agent.has()
    agent.workers = [node_pb2.Worker(id="w", pipeline="street", trouble="x" * 100_000)]
    await agent.report()

    async def is_cut() -> bool:
        nodes = [
            each.node for each in (await running.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
        ]
        return [len(worker.trouble) for node in nodes for worker in node.workers] == [1000]

    await eventually(is_cut)


async def test_a_new_master_leaves_the_workers_where_they_run(nats_url: str) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with master(nats_url, address) as channel:
        first = Master(channel)
        await first.register()
        east, west, _ = await two_with_five(first)
        before = await first.get()
        had_east, had_west = east.assignments or {}, west.assignments or {}
        east.leave()
        west.leave()
    async with master(nats_url, address) as channel:
        second = Master(channel)
        # The one that comes first is not to take what runs on the other.
        west = await connect(channel, "west", **had_west)
        await west.until(lambda assignments: len(assignments) == 5)
        east = await connect(channel, "east", **had_east)
        await east.until(lambda assignments: assignments == had_east)
        await west.until(lambda assignments: assignments == had_west)
        after = await second.get()
        assert (after.spec, after.revision) == (before.spec, before.revision)
        assert (await second.register()).version == 1


async def test_a_master_that_ends_ends_its_calls_at_once(nats_url: str) -> None:
    settings = Settings(nats=nats_url, listen=f"127.0.0.1:{free_block(1)}")
    async with (
        asyncio.timeout(DRAIN_TIMEOUT_SECONDS / 2),
        channel_to(settings.listen) as channel,
        serving(framemesh.master.app.run, settings, settings.listen) as stop,
    ):
        agent = await connect(channel, "east")
        await agent.has()
        stop.set()
        ended = await status_of(agent.has("never"))
    assert ended == (grpc.StatusCode.UNAVAILABLE, "the server is shutting down: call again")


async def test_the_master_goes_on_when_the_broker_comes_back(
    nats: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as server, master(nats.url) as channel:
        running = Master(channel)
        await running.register()
        agent = await connect(channel, "east")
        first = await running.apply(workers=2)
        await agent.has_count(2)
        server.kill()
        await server.wait()
        async with running_nats_server(nats, log):

            async def answers() -> bool:
                return (await status_of(running.get()))[0] is grpc.StatusCode.OK

            await eventually(answers)
            assert (await running.get()).revision == first.revision
            second = await running.apply(workers=0)
            await agent.has()
            await running.apply(workers=3)
            await agent.has_count(3)
            assert {second.revision} == {*(agent.assignments or {}).values()}
            assert (await running.register()).version == 1
            # Before the broker goes, so that nothing waits for it.
            agent.leave()
