"""What Docker Swarm does in fact: the driver against a real one, and nodes that die."""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import closing
from dataclasses import replace

import pytest

import framemesh.master.app
from framemesh.core.clock import SystemClock
from framemesh.core.resources import Resources
from framemesh.master.fleet.port import FleetState, WorkerGroup, WorkerState
from framemesh.master.fleet.swarm.docker_api import DockerApi
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.errors import SwarmUnavailable
from framemesh.master.fleet.swarm.image_source import OneImage
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.packaging.credentials import Credentials
from framemesh.master.packaging.http_client import HttpClient
from framemesh.master.packaging.model_layer import ModelLayer
from framemesh.master.packaging.packager import Packager, Progress
from framemesh.master.packaging.reference import ImageReference
from framemesh.master.packaging.registry import Registry
from framemesh.master.settings import Settings
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from tests.contract.fleets import SwarmFleet, converge, swarm_fleet
from tests.contract.real_swarm import RealSwarm, gpu
from tests.integration.master.conftest import Master, onnx_file
from tests.integration.services.running import serving
from tests.waiting import eventually

pytestmark = [pytest.mark.swarm, pytest.mark.timeout(180)]

STREET = WorkerGroup("street", 1, 2)


@pytest.fixture
async def fleet(real_swarm: RealSwarm) -> AsyncIterator[SwarmFleet]:
    """With both nodes."""
    async with swarm_fleet(real_swarm) as made:
        await made.add_node("east")
        await made.add_node("west")
        yield made


def all_ready(state: FleetState) -> bool:
    return len(state.replicas) == 2 and all(each.ready for each in state.replicas)


async def test_the_tasks_of_a_node_that_was_killed_read_running_and_are_moved(
    fleet: SwarmFleet,
) -> None:
    state = await converge(fleet, [STREET], all_ready)
    assert {each.node for each in state.replicas} == {"east", "west"}
    await fleet.remove_node("east")
    nodes = {each["Description"]["Hostname"]: each["ID"] for each in await fleet.docker.nodes()}
    read_running = [
        each
        for each in await fleet.docker.tasks()
        if each.get("NodeID") == nodes["east"] and each["Status"]["State"] == "running"
    ]
    assert read_running
    moved = await converge(fleet, [STREET], all_ready)
    assert {each.node for each in moved.replicas} == {"west"}


async def test_workers_of_a_node_that_is_cut_off_run_on_and_stop_when_it_is_back(
    fleet: SwarmFleet,
) -> None:
    swarm = fleet.swarm
    await converge(fleet, [STREET], all_ready)
    await asyncio.to_thread(swarm.cut_off, "east")
    moved = await converge(fleet, [STREET], all_ready)
    assert {each.node for each in moved.replicas} == {"west"}
    assert len(await asyncio.to_thread(swarm.running_on, "east")) == 1
    await asyncio.to_thread(swarm.reconnect, "east")
    async with asyncio.timeout(30):
        while await asyncio.to_thread(swarm.running_on, "east"):
            await asyncio.sleep(0.1)
    await converge(fleet, [STREET], all_ready)


async def test_a_manager_that_hangs_holds_nobody_up_for_longer_than_the_timeout(
    fleet: SwarmFleet,
) -> None:
    await converge(fleet, [STREET], all_ready)
    docker = DockerApi(fleet.swarm.socket, timeout_seconds=1)
    driver = SwarmDriver(docker, OneImage(fleet.swarm.image), WorkerTemplate("framemesh"))
    with closing(docker):
        assert all_ready(await driver.observe())
        await asyncio.to_thread(fleet.swarm.pause, "manager")
        try:
            for _ in range(2):
                began = time.monotonic()
                with pytest.raises(SwarmUnavailable, match="elect a leader"):
                    await driver.observe()
                assert time.monotonic() - began < 2
        finally:
            await asyncio.to_thread(fleet.swarm.resume, "manager")
        async with asyncio.timeout(30):
            while True:
                try:
                    assert all_ready(await driver.observe())
                    return
                except SwarmUnavailable:
                    await asyncio.sleep(0.2)


async def test_an_image_that_cannot_be_pulled_says_so(fleet: SwarmFleet) -> None:
    image = fleet.swarm.image.rpartition(":")[0] + ":" + 64 * "0"
    fleet.driver = SwarmDriver(fleet.docker, OneImage(image), WorkerTemplate("framemesh"))

    def failed(state: FleetState) -> bool:
        return any(each.state is WorkerState.FAILED for each in state.replicas)

    state = await converge(fleet, [STREET], failed)
    told = next(each.problem for each in state.replicas if each.problem)
    assert told.startswith("its image cannot be pulled: No such image")


async def test_a_worker_has_the_gpu_that_is_reserved_for_it_and_no_other_has(
    fleet: SwarmFleet,
) -> None:
    three = replace(STREET, replicas=3, resources=Resources(gpus=1))
    state = await converge(fleet, [three], lambda state: all_ready(state) and bool(state.unplaced))
    assert {each.node for each in state.replicas} == {"east", "west"}
    assert state.unplaced["street"].startswith("1 worker has no place: each needs 1 GPUs")
    (container,) = await asyncio.to_thread(fleet.swarm.running_on, "west")
    inspected = await asyncio.to_thread(
        fleet.swarm.ask, "inspect", "--format", "{{.Config.Env}}", container, node="west"
    )
    assert f"DOCKER_RESOURCE_GPU={gpu('west')}" in inspected


async def test_nodes_pull_the_image_with_a_model_by_its_digest(fleet: SwarmFleet) -> None:
    content = b"the weights of a model" * 1000
    digest = hashlib.sha256(content).hexdigest()

    async def read() -> AsyncGenerator[bytes, None]:
        yield content

    base, url = ImageReference.parse(fleet.swarm.image), fleet.swarm.registry
    with closing(HttpClient()) as http:
        registry = Registry(http, url, base.name, Credentials(http, url, None))
        packager = Packager(base, registry, SystemClock())
        image = await packager.build([ModelLayer(digest, len(content), read)], Progress())
    fleet.driver = SwarmDriver(fleet.docker, OneImage(str(image)), WorkerTemplate("framemesh"))
    await converge(fleet, [STREET], all_ready)
    (container,) = await asyncio.to_thread(fleet.swarm.running_on, "west")
    file = await asyncio.to_thread(
        fleet.swarm.ask, "cp", f"{container}:/models/{digest}.onnx", "-", node="west"
    )
    assert content.decode() in file


async def test_a_pipeline_is_packaged_and_its_workers_run_from_its_image(
    fleet: SwarmFleet, nats_url: str
) -> None:
    swarm, address = fleet.swarm, f"127.0.0.1:{free_block(1)}"
    settings = Settings(
        nats=nats_url,
        listen=address,
        fleet="swarm",
        swarm_socket=swarm.socket,
        swarm_image=swarm.image,
        registry=swarm.registry,
    )
    async with serving(framemesh.master.app.run, settings, address), channel(address) as connected:
        master = Master(connected)
        await master.register(content=onnx_file(padding=2_000_000))
        await master.apply(workers=2)
        seen = set[str]()

        async def ready() -> int:
            pipeline = await master.get()
            seen.update(each.name for each in pipeline.conditions)
            return pipeline.ready_workers

        assert await eventually(ready, 60, until=lambda count: count == 2) == 2
        assert "building" in seen
        (service,) = await fleet.docker.services("framemesh.pipeline")
        image = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
        assert image.startswith(swarm.image.partition("@")[0])
        assert image != swarm.image
        await master.delete()
        await eventually(
            lambda: fleet.docker.services("framemesh.pipeline"), 30, until=lambda found: not found
        )
