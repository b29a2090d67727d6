"""Fleets to test: in memory, of real agents whose workers are small programs, and of a swarm."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import framemesh.agent.app
from framemesh.agent.settings import AgentSettings
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.master.fleet.memory_driver import LARGE, MemoryDriver, memory_node
from framemesh.master.fleet.node_admin import NodeAdmin
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import FleetDriver, FleetState, WorkerGroup
from framemesh.master.fleet.process_driver import ProcessDriver
from framemesh.master.fleet.swarm.docker_api import DockerApi
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.image_source import OneImage
from framemesh.master.fleet.swarm.swarm_api import Document
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.servicer import NodeServicer
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.server import Service, grpc_server
from tests.contract.real_swarm import RealSwarm
from tests.memory_swarm import MemorySwarm
from tests.waiting import eventually

WORKER = Path(__file__).parents[1] / "integration" / "agent" / "worker_program.py"

BROKEN = 13
"""The revision whose workers fail in every fleet."""


class MemoryCordons:
    """Nodes that are drained, for as long as the test lasts."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    async def add(self, node: str) -> None:
        self.names.add(node)

    async def remove(self, node: str) -> None:
        self.names.discard(node)


NODE_SERVICE = node_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name


class Fleet(Protocol):
    """A driver, and nodes that a test adds and takes away."""

    driver: FleetDriver

    async def add_node(self, name: str, cpus: int | None = None, **labels: str) -> None:
        """With so many CPUs for workers, or with more than any test asks for."""
        ...

    async def remove_node(self, name: str) -> None: ...


class MemoryFleet:
    def __init__(self) -> None:
        self._memory = MemoryDriver()
        self._memory.broken = {BROKEN}
        self.driver: FleetDriver = self._memory

    async def add_node(self, name: str, cpus: int | None = None, **labels: str) -> None:
        self._memory.nodes[name] = memory_node(name, labels, cpus=cpus or LARGE)

    async def remove_node(self, name: str) -> None:
        del self._memory.nodes[name]


class ProcessFleet:
    """The agents run in this process, their workers do not."""

    def __init__(
        self, driver: ProcessDriver, registry: NodeRegistry, master: str, folder: Path
    ) -> None:
        self.driver: FleetDriver = driver
        self._registry = registry
        self._master = master
        self._folder = folder
        self._nodes: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}

    async def add_node(self, name: str, cpus: int | None = None, **labels: str) -> None:
        first = free_block(20)
        settings = AgentSettings(
            node=name,
            master=self._master,
            listen=f"127.0.0.1:{first}",
            first_port=first + 1,
            data=self._folder / name,
            cpus=cpus or LARGE,
            labels=labels,
        )
        stop = asyncio.Event()
        command = (sys.executable, str(WORKER))
        running = asyncio.create_task(framemesh.agent.app.run(settings, stop, command))
        self._nodes[name] = stop, running
        await eventually(lambda: name in (report.name for report in self._registry.reports), 10)

    async def remove_node(self, name: str) -> None:
        stop, running = self._nodes.pop(name)
        stop.set()
        await running

    async def close(self) -> None:
        for name in list(self._nodes):
            await self.remove_node(name)


class MemorySwarmFleet:
    """The driver for a swarm, and a swarm in memory."""

    def __init__(self) -> None:
        self._swarm = MemorySwarm()
        self._swarm.broken = {str(BROKEN)}
        image = OneImage("registry:5000/worker@sha256:" + 64 * "0")
        self.driver: FleetDriver = SwarmDriver(self._swarm, image, WorkerTemplate("framemesh"))

    async def add_node(self, name: str, cpus: int | None = None, **labels: str) -> None:
        self._swarm.add_node(name, cpus or LARGE, **labels)

    async def remove_node(self, name: str) -> None:
        self._swarm.lose_node(name)


@asynccontextmanager
async def memory_fleet(folder: Path) -> AsyncIterator[Fleet]:
    yield MemoryFleet()


@asynccontextmanager
async def memory_swarm_fleet(folder: Path) -> AsyncIterator[Fleet]:
    yield MemorySwarmFleet()


class SwarmFleet:
    """A real swarm: its nodes `east` and `west` take part as a test says."""

    def __init__(self, swarm: RealSwarm) -> None:
        self.swarm = swarm
        self.docker = DockerApi(swarm.socket)
        image = OneImage(swarm.image)
        self.driver: FleetDriver = SwarmDriver(self.docker, image, WorkerTemplate("framemesh"))

    async def add_node(self, name: str, cpus: int | None = None, **labels: str) -> None:
        await asyncio.to_thread(self.swarm.revive, name)
        await asyncio.to_thread(self.swarm.set_node, name, "active", **labels)

    async def remove_node(self, name: str) -> None:
        await asyncio.to_thread(self.swarm.kill, name)

    async def reset(self) -> None:
        """As before the test."""
        async with asyncio.timeout(RESET_SECONDS):
            while await self.docker.services("framemesh.pipeline"):
                await self.driver.apply([], (), LAST_EPOCH)
                await asyncio.sleep(0.1)
            for name in self.swarm.workers:
                await self.add_node(name)
            while any(self._of_workers(each) for each in await self.docker.tasks()):
                await asyncio.sleep(0.1)
            for name in self.swarm.workers:
                await asyncio.to_thread(self.swarm.set_node, name, "drain")

    def _of_workers(self, task: Document) -> bool:
        return "framemesh.pipeline" in task["Spec"]["ContainerSpec"].get("Labels", {})


RESET_SECONDS = 60.0
LAST_EPOCH = 1_000_000
"""After every epoch of a test."""


@asynccontextmanager
async def swarm_fleet(swarm: RealSwarm) -> AsyncIterator[SwarmFleet]:
    fleet = SwarmFleet(swarm)
    try:
        yield fleet
    finally:
        await fleet.reset()
        fleet.docker.close()


@asynccontextmanager
async def process_fleet(folder: Path) -> AsyncIterator[Fleet]:
    registry, draining = NodeRegistry(SystemClock()), asyncio.Event()
    driver = ProcessDriver(registry)
    servicer = NodeServicer(registry, NodeAdmin(registry, MemoryCordons(), driver), draining)
    service = Service(
        NODE_SERVICE, lambda to: node_pb2_grpc.add_NodeServiceServicer_to_server(servicer, to)
    )
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(grpc_server("127.0.0.1:0", [service]))
        await server.set_serving(True)
        stack.callback(draining.set)
        fleet = ProcessFleet(driver, registry, f"127.0.0.1:{server.port}", folder)
        stack.push_async_callback(fleet.close)
        yield fleet


async def converge(
    fleet: Fleet,
    groups: list[WorkerGroup],
    expected: Callable[[FleetState], bool],
    cordoned: Collection[str] = (),
) -> FleetState:
    """Apply the groups again and again, as a reconciler does, until the fleet is as expected."""
    async with asyncio.timeout(20):
        while True:
            await fleet.driver.apply(groups, cordoned)
            if expected(state := await fleet.driver.observe()):
                return state
            await asyncio.sleep(0.02)
