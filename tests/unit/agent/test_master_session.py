"""The agent's connection to the master, when a report of its own goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from structlog.testing import capture_logs

from framemesh.agent.machine.figures import MachineFigures, NodeIdentity
from framemesh.agent.machine.machine import Machine
from framemesh.agent.master_session import MasterSession
from framemesh.agent.start_slots import StartSlots
from framemesh.agent.worker_env import WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.agent.worker_supervisor import WorkerSupervisor
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.rpc.channel import channel, leader_channel
from framemesh.runtime.rpc.server import Service, grpc_server
from tests.dns_server import dns_server
from tests.waiting import eventually

NODE_SERVICE = node_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name


class Nodes(node_pb2_grpc.NodeServiceServicer):
    """Takes all reports, or refuses every agent for `why`."""

    def __init__(self, why: str = "") -> None:
        self._why = why
        self.calls = 0

    async def Connect(  # type: ignore[override]
        self, request_iterator: AsyncIterator[node_pb2.ConnectRequest], context: Any
    ) -> None:
        self.calls += 1
        async for _ in request_iterator:
            if self._why:
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, self._why)

    async def ListNodes(
        self, request: node_pb2.ListNodesRequest, context: Any
    ) -> node_pb2.ListNodesResponse:
        return node_pb2.ListNodesResponse()

    async def DrainNode(
        self, request: node_pb2.DrainNodeRequest, context: Any
    ) -> node_pb2.DrainNodeResponse:
        return node_pb2.DrainNodeResponse()

    async def UncordonNode(
        self, request: node_pb2.UncordonNodeRequest, context: Any
    ) -> node_pb2.UncordonNodeResponse:
        return node_pb2.UncordonNodeResponse()


class Connected:
    """What a session says of its connection."""

    def __init__(self) -> None:
        self.said: list[bool] = []
        self.changed = asyncio.Event()

    async def set(self, now: bool) -> None:
        self.said.append(now)
        self.changed.set()


async def as_it_is(details: str) -> str:
    return details


def session(
    open_channel: Callable[[], grpc.aio.Channel],
    machine: Machine,
    connected: Connected,
    folder: Path,
) -> MasterSession:
    changed = connected.changed
    return MasterSession(
        identity=NodeIdentity("node", "0" * 32, {}),
        open_channel=open_channel,
        machine=machine,
        supervisor=WorkerSupervisor(
            worker_env=WorkerEnv("127.0.0.1:1", folder),
            ports=WorkerPorts(7410),
            slots=StartSlots(1),
            clock=SystemClock(),
            changed=changed.set,
        ),
        changed=changed,
        set_connected=connected.set,
        explain=as_it_is,
    )


@asynccontextmanager
async def running_session(
    nodes: Nodes, machine: Machine, connected: Connected, folder: Path
) -> AsyncIterator["asyncio.Task[None]"]:
    """A session with a master that answers as `nodes`."""
    server = grpc.aio.server()
    node_pb2_grpc.add_NodeServiceServicer_to_server(nodes, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    found = session(lambda: channel(f"127.0.0.1:{port}"), machine, connected, folder)
    running = asyncio.create_task(found.run())
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.wait([running])
        await server.stop(None)


async def test_a_report_that_cannot_be_sent_does_not_end_the_connection_for_good(
    tmp_path: Path,
) -> None:
    connected = Connected()
    faults = [ValueError("a figure that protobuf does not take")]

    class Faulty(Machine):
        @property
        def figures(self) -> MachineFigures:
            if connected.said and faults:
                raise faults.pop()
            return self._figures

        @figures.setter
        def figures(self, figures: MachineFigures) -> None:
            self._figures = figures

    async def is_back() -> bool:
        connected.changed.set()
        return connected.said.count(True) == 2

    async with running_session(Nodes(), Faulty(tmp_path), connected, tmp_path) as running:
        await eventually(is_back)
        assert not running.done()
    assert not faults


async def test_an_agent_that_is_refused_is_never_connected_and_says_once_why(
    tmp_path: Path,
) -> None:
    why = "another agent reports as node 'node'"
    nodes, connected = Nodes(why), Connected()
    with capture_logs() as logged:
        async with running_session(nodes, Machine(tmp_path), connected, tmp_path):
            await eventually(lambda: nodes.calls >= 4)
    assert True not in connected.said
    (told,) = [each for each in logged if each.get("trouble") == why]
    assert told["event"] == "the master refuses this node, will try again"


async def test_a_leader_is_found_whose_address_its_name_did_not_have_at_first(
    tmp_path: Path,
) -> None:
    """The name of a service in a swarm has the addresses of those tasks that run already."""
    connected = Connected()
    service = Service(
        NODE_SERVICE,
        lambda server: node_pb2_grpc.add_NodeServiceServicer_to_server(Nodes(), server),
    )
    async with (
        dns_server() as dns,
        grpc_server("127.0.0.2:0", [service]) as standby,
        grpc_server(f"127.0.0.1:{standby.port}", [service]) as leader,
    ):
        await standby.set_standby()
        await leader.set_serving(True)
        dns.addresses = ["127.0.0.2"]
        name = f"dns://127.0.0.1:{dns.port}/master:{standby.port}"
        found = session(
            lambda: leader_channel(name, NODE_SERVICE), Machine(tmp_path), connected, tmp_path
        )
        async with background_task(found.run()):
            await eventually(lambda: connected.said)
            assert True not in connected.said
            dns.addresses.append("127.0.0.1")
            await eventually(lambda: connected.said[-1])
