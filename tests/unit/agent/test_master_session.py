"""The agent's connection to the master, when a report of its own goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio

from framemesh.agent.machine.figures import MachineFigures, NodeIdentity
from framemesh.agent.machine.machine import Machine
from framemesh.agent.master_session import MasterSession
from framemesh.agent.start_slots import StartSlots
from framemesh.agent.worker_env import WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.agent.worker_supervisor import WorkerSupervisor
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.core.clock import SystemClock


class Nodes(node_pb2_grpc.NodeServiceServicer):
    async def Connect(  # type: ignore[override]
        self, request_iterator: AsyncIterator[node_pb2.ConnectRequest], context: Any
    ) -> None:
        async for _ in request_iterator:
            pass

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


async def test_a_report_that_cannot_be_sent_does_not_end_the_connection_for_good(
    tmp_path: Path,
) -> None:
    changed = asyncio.Event()
    faults = [ValueError("a figure that protobuf does not take")]

    class Faulty(Machine):
        @property
        def figures(self) -> MachineFigures:
            if connected and faults:
                raise faults.pop()
            return self._figures

        @figures.setter
        def figures(self, figures: MachineFigures) -> None:
            self._figures = figures

    connected: list[bool] = []

    async def set_connected(now: bool) -> None:
        connected.append(now)
        changed.set()

    server = grpc.aio.server()
    node_pb2_grpc.add_NodeServiceServicer_to_server(Nodes(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        session = MasterSession(
            identity=NodeIdentity("node", "0" * 32, {}),
            channel=channel,
            machine=Faulty(tmp_path),
            supervisor=WorkerSupervisor(
                worker_env=WorkerEnv("127.0.0.1:1", tmp_path),
                ports=WorkerPorts(7410),
                slots=StartSlots(1),
                clock=SystemClock(),
                changed=changed.set,
            ),
            changed=changed,
            set_connected=set_connected,
        )
        running = asyncio.create_task(session.run())
        try:
            async with asyncio.timeout(20):
                while connected.count(True) < 2:
                    changed.set()
                    await asyncio.sleep(0.02)
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.wait([running])
            await server.stop(None)
    assert not faults
