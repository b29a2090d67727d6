"""Nodes, masters, servers and networks fail under load; every frame has exactly one outcome.

One pipeline for all tests of this file. Cameras push during each fault, and each test waits until
every frame that was accepted has one outcome. The last test holds every promise against all that
was written.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats.errors
import pytest
import pytest_asyncio

from tests.chaos.load.images import Images
from tests.swarm.lab import images, load, stack, swarm, workers
from tests.swarm.lab.load import FPS, UnderLoad
from tests.swarm.lab.masters import leading
from tests.swarm.lab.node import REGISTRY, Node
from tests.waiting import eventually

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300, func_only=True),
    pytest.mark.blocks_loop("counts every frame in the process that watches the swarm"),
    pytest.mark.usefixtures("stack_of_three"),
]

WORKERS = 3
POLICY = load.policy(WORKERS)
PIPELINE = POLICY.spec.name

TASKS_BACK_SECONDS = 20.0
NEXT_MASTER_SECONDS = 10.0
WHOLE_SECONDS = 90.0
"""Until everything runs again as before: a node joins, and its server catches up."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def under_load(
    stack_of_three: None, street: Images, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[UnderLoad]:
    """Three cameras push to a pipeline with three workers."""
    folder = tmp_path_factory.mktemp("load")
    async with load.system_under_test(POLICY, street, folder) as system:
        await workers.ready(PIPELINE, WORKERS)
        yield UnderLoad(system, POLICY)


@pytest_asyncio.fixture(loop_scope="session")
async def pushing(under_load: UnderLoad) -> AsyncIterator[UnderLoad]:
    """The cameras push; at the end every frame that was accepted has one outcome."""
    await eventually(is_whole, WHOLE_SECONDS)
    system = under_load.system
    async with system.cameras.keeping(system.names, system.images.good, FPS):
        await under_load.every_camera_pushes()
        yield under_load
        await under_load.nothing_is_lost_or_double()
    await eventually(is_whole, WHOLE_SECONDS)


async def is_whole() -> bool:
    """Whether all nodes are there, and all tasks of all services."""
    return all(node.ready for node in await swarm.states()) and not await stack.missing()


async def workers_elsewhere(node: Node) -> None:
    """Wait until all workers run, and none of them is said to be on this node."""
    await eventually(
        lambda: workers.spread(PIPELINE),
        WHOLE_SECONDS,
        until=lambda spread: not spread[node.name] and spread.total() == WORKERS,
    )


async def bystander() -> Node:
    """A node with one worker that neither leads the swarm nor has the master that leads."""
    spared = {(await swarm.leader()).name, *(node.name for node in await eventually(leading))}
    node = next(node for node in swarm.NODES if node.name not in spared)
    if (await workers.spread(PIPELINE))[node.name] != 1:
        await workers.spread_again(PIPELINE)
    return node


@asynccontextmanager
async def dead(node: Node) -> AsyncIterator[None]:
    """A node that is killed, and is back at the end."""
    await node.kill()
    try:
        yield
    finally:
        await node.start()


@pytest.mark.swarm_short
async def test_all_that_the_brokers_hold_has_three_copies(under_load: UnderLoad) -> None:
    copies = await under_load.system.streams.copies()
    assert {name: count for name, count in copies.items() if count != 3} == {}


async def seconds_without_a_node(under_load: UnderLoad) -> float:
    """Kill the node of a worker; returns how long it takes until all workers run again."""
    node = await bystander()
    began = time.monotonic()
    async with dead(node):
        await workers_elsewhere(node)
        took = time.monotonic() - began
        await under_load.nothing_is_lost_or_double()
    return took


@pytest.mark.swarm_short
async def test_the_node_of_a_worker_is_killed(pushing: UnderLoad) -> None:
    took = await seconds_without_a_node(pushing)
    if took > TASKS_BACK_SECONDS:
        # The three nodes share two CPUs, with whatever else this machine does.
        await eventually(is_whole, WHOLE_SECONDS)
        took = await seconds_without_a_node(pushing)
    assert took <= TASKS_BACK_SECONDS


@pytest.mark.slow
async def test_the_node_that_leads_the_swarm_is_killed(pushing: UnderLoad) -> None:
    node = await swarm.leader()
    async with dead(node):
        await pushing.nothing_is_lost_or_double()
        await workers_elsewhere(node)


async def test_the_master_that_leads_is_killed(pushing: UnderLoad) -> None:
    (node,) = await eventually(leading)
    container = await stack.container("framemesh_master", node)
    await node.docker("kill", "--signal", "KILL", container)
    killed = time.monotonic()
    await eventually(leading, WHOLE_SECONDS, until=lambda found: found not in ([], [node]))
    assert time.monotonic() - killed <= NEXT_MASTER_SECONDS


@pytest.mark.slow
async def test_a_node_is_cut_off_and_comes_back(pushing: UnderLoad) -> None:
    node = await bystander()
    await node.cut_off()
    try:
        await workers_elsewhere(node)
        # Its worker runs on, has frames of before, and sees nobody.
        assert await workers.containers(PIPELINE, node)
        await pushing.nothing_is_lost_or_double()
    finally:
        await node.reconnect()


async def servers_of_the_buffer(under_load: UnderLoad) -> dict[str, bool]:
    """By name, whether each leads; empty while they elect."""
    try:
        return await under_load.system.streams.servers()
    except nats.errors.Error:
        return {}


async def leading_server(under_load: UnderLoad) -> tuple[str, Node]:
    """The service of the server that leads the buffer, and its node."""
    servers = await eventually(lambda: servers_of_the_buffer(under_load), WHOLE_SECONDS)
    service = next(f"framemesh_{server}" for server, leads in servers.items() if leads)
    (task,) = await stack.tasks(service)
    return service, swarm.named(task.node)


async def test_the_server_that_leads_the_buffer_is_killed(pushing: UnderLoad) -> None:
    service, node = await leading_server(pushing)
    container = await stack.container(service, node)
    await node.docker("kill", "--signal", "KILL", container)
    await eventually(lambda: servers_of_the_buffer(pushing), WHOLE_SECONDS)


@pytest.mark.slow
async def test_the_node_of_the_server_that_leads_the_buffer_is_killed(pushing: UnderLoad) -> None:
    _, node = await leading_server(pushing)
    async with dead(node):
        await pushing.nothing_is_lost_or_double()
        # The two that are left serve on: what comes in now is done as well.
        await pushing.every_camera_pushes()
        await pushing.nothing_is_lost_or_double()


async def test_a_node_is_drained(pushing: UnderLoad) -> None:
    node = await bystander()
    await swarm.ask("node", "update", "--availability", "drain", node.name)
    try:
        await workers_elsewhere(node)
    finally:
        await swarm.ask("node", "update", "--availability", "active", node.name)


async def test_an_upgrade_of_every_service_loses_nothing(pushing: UnderLoad) -> None:
    for service in ("ingest", "master", "monitor", "agent", "worker"):
        await images.derive(service, "next", "LABEL version=next")
    await stack.deploy("next")
    assert await stack.versions("framemesh_ingest") == {"next"}


@pytest.mark.slow
async def test_a_broken_version_is_rolled_back(pushing: UnderLoad) -> None:
    before = await stack.versions("framemesh_ingest")
    await images.derive("ingest", "broken", 'CMD ["false"]')
    await swarm.ask(
        *("service", "update", "--detach", "framemesh_ingest"),
        *("--image", f"{REGISTRY}/framemesh/ingest:broken"),
    )
    await eventually(
        lambda: stack.update_state("framemesh_ingest"), WHOLE_SECONDS, until=rolled_back
    )
    await eventually(is_whole, WHOLE_SECONDS)
    assert await stack.versions("framemesh_ingest") == before


def rolled_back(state: str) -> bool:
    return state == "rollback_completed"


@pytest.mark.swarm_short
async def test_no_promise_was_broken(under_load: UnderLoad) -> None:
    assert not await under_load.violations()
