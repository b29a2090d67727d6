"""The stack on three nodes: everything is up, and the demo's frames go through."""

import pytest

from tests.swarm.lab import demo, stack, swarm
from tests.swarm.lab.masters import leading
from tests.waiting import eventually

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.swarm_short,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.usefixtures("stack_of_three"),
]


async def test_ingest_and_agent_are_on_every_node_and_masters_on_two() -> None:
    everywhere = {node.name: 1 for node in swarm.NODES}
    assert await stack.spread("framemesh_ingest") == everywhere
    assert await stack.spread("framemesh_agent") == everywhere
    assert sorted((await stack.spread("framemesh_master")).values()) == [1, 1]
    assert len(await eventually(leading)) == 1


async def test_no_service_is_root_or_writes_to_its_root() -> None:
    for node in swarm.NODES:
        containers = (await node.docker("ps", "--quiet")).split()
        facts = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}}"
        lines = (await node.docker("inspect", "--format", facts, *containers)).splitlines()
        assert containers
        assert all(line.startswith("10001") and line.endswith("true") for line in lines), lines


async def test_each_image_lists_what_is_in_it() -> None:
    node = swarm.NODES[0]
    container = (await node.docker("ps", "--quiet", "--filter", "name=framemesh_ingest")).strip()
    listed = await node.docker("exec", container, "cat", "/usr/share/sbom/framemesh.cdx.json")
    assert '"pkg:pypi/framemesh-ingest@' in listed
    assert '"pkg:pypi/grpcio@' in listed


async def test_every_frame_of_the_demo_has_one_outcome() -> None:
    status = await demo.play()
    try:
        counts = [
            (ledger.offered, ledger.accepted, ledger.done, ledger.pending, ledger.dead)
            for ledger in status.cameras
        ]
        assert counts == [(demo.FRAMES, demo.FRAMES, demo.FRAMES, 0, 0)] * demo.CAMERAS
        assert status.duplicate_outcomes == 0
    finally:
        await demo.remove()
