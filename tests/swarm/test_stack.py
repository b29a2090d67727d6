"""The stack on three nodes: everything is up, and the demo's frames go through."""

import json
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from framemesh.api.monitor.v1 import monitor_pb2
from tests.command_line import Ended, framemesh
from tests.swarm.lab import demo, stack, swarm
from tests.swarm.lab.commands import run
from tests.swarm.lab.masters import leading
from tests.swarm.lab.mesh import mesh
from tests.swarm.lab.node import CHECKOUT
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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(stack_of_three: None) -> AsyncIterator[monitor_pb2.PipelineStatus]:
    """The ledger once the demo's frames went through; its pipeline is still there."""
    try:
        yield await demo.play()
    finally:
        await demo.remove()


async def test_every_frame_of_the_demo_has_one_outcome(played: monitor_pb2.PipelineStatus) -> None:
    counts = [
        (ledger.offered, ledger.accepted, ledger.done, ledger.pending, ledger.dead)
        for ledger in played.cameras
    ]
    assert counts == [(demo.FRAMES, demo.FRAMES, demo.FRAMES, 0, 0)] * demo.CAMERAS
    assert played.duplicate_outcomes == 0


async def test_the_way_of_a_frame_over_three_nodes_is_one_trace_in_the_jaeger_of_the_stack(
    played: monitor_pb2.PipelineStatus,
) -> None:
    if not stack.jaeger():
        pytest.skip("Jaeger is not built: `make jaeger`")
    addresses = {"FRAMEMESH_JAEGER": stack.jaeger(), "FRAMEMESH_MONITOR": mesh().run.monitor}
    camera = played.cameras[-1].camera

    async def shown() -> Ended:
        return await framemesh("trace", demo.PIPELINE.name, camera, str(demo.FRAMES), **addresses)

    # Each service sends its spans within the second after the frame is done.
    hops = ("frame", "send", "ingest", "dwell", "decode", "triton", "outcome", "store")
    told = await eventually(
        shown, until=lambda ended: all(f" {hop}" in f" {ended.output}" for hop in hops)
    )
    assert told.status == 0, told.error
    for service in ("camera", "ingest", "buffer", "worker"):
        assert f"framemesh-{service}" in told.output
    assert stack.jaeger() in told.output.splitlines()[-1]


async def test_prometheus_finds_the_workers_by_asking_docker(
    played: monitor_pb2.PipelineStatus,
) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    node = swarm.NODES[0]
    await run("docker", "cp", promtool, f"{node.name}:/usr/local/bin/promtool")
    configuration = f"{CHECKOUT}/deploy/prometheus/swarm.yml"
    command = ("check", "service-discovery", "--timeout=10s", configuration, "framemesh-workers")
    found = json.loads(await node.run("promtool", *command))
    kept = {each["labels"]["__address__"] for each in found if each.get("labels")}
    assert len(kept) == demo.WORKERS
    assert all(address.endswith(":9464") for address in kept)
