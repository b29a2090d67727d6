"""What is told of a node whose workers its agent does not run."""

from framemesh.core.resources import NO_RESOURCES, Resources
from framemesh.master.fleet.memory_driver import memory_node
from framemesh.master.fleet.node_admin import NodeAdmin, NodeState
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import WorkerGroup
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.image_source import OneImage
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from tests.contract.fleets import MemoryCordons
from tests.hand_clock import HandClock
from tests.memory_swarm import MemorySwarm


async def test_a_node_of_a_swarm_has_the_workers_that_the_swarm_placed_there() -> None:
    swarm, nodes, cordons = MemorySwarm(), NodeRegistry(HandClock()), MemoryCordons()
    image = OneImage("registry:5000/worker@sha256:" + 64 * "0")
    driver = SwarmDriver(swarm, image, WorkerTemplate("framemesh"))
    admin = NodeAdmin(nodes, cordons, driver)
    swarm.add_node("east")
    with nodes.connected(memory_node("east")):
        group = WorkerGroup("street", 1, 2, resources=Resources(1.5, 1024, 0))
        for _ in range(6):
            await driver.apply([group])
            await driver.observe()
        (east,) = await admin.list()
        assert east.reserved == Resources(3.0, 2048, 0)
        workers = [each.assignment.id for each in east.report.workers]
        assert workers == ["street-r1-1", "street-r1-2"]
        await admin.drain("east")
        assert (await admin.list())[0].state is NodeState.DRAINING
        for _ in range(6):
            await driver.apply([])
            await driver.observe()
        (east,) = await admin.list()
        assert (east.state, east.reserved) == (NodeState.DRAINED, NO_RESOURCES)
