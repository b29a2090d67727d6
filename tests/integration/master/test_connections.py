"""The stream of an agent, at moments that a whole master reaches by chance alone."""

import asyncio
from typing import cast

import grpc

from framemesh.api.master.v1 import node_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.master.app import NODES
from framemesh.master.fleet.node_admin import NodeAdmin
from framemesh.master.fleet.node_report import Assignments
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.servicer import NodeServicer
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import Service, grpc_server
from tests.integration.master.conftest import Agent
from tests.integration.services.running import status_of
from tests.waiting import eventually


async def test_a_stream_ends_also_while_its_first_assignments_are_sent() -> None:
    """So it is where a leader is frozen in the middle of that, and goes on when another leads."""
    nodes, draining = NodeRegistry(SystemClock()), asyncio.Event()
    servicer = NodeServicer(nodes, cast("NodeAdmin", None), draining)
    service = Service(
        NODES, lambda to: node_pb2_grpc.add_NodeServiceServicer_to_server(servicer, to)
    )
    async with (
        grpc_server("127.0.0.1:0", [service]) as server,
        channel_to(f"127.0.0.1:{server.port}") as to,
    ):
        agent = Agent("east", node_pb2_grpc.NodeServiceStub(to).Connect())
        await agent.report()
        await eventually(lambda: bool(nodes.reports))
        nodes.assign("east", Assignments(()))
        draining.set()
        code, line = await status_of(agent.has("never"))
        assert code is grpc.StatusCode.UNAVAILABLE, line
