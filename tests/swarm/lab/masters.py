"""Which of the masters leads."""

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.cli.common.calls import MASTER as SERVICE
from framemesh.runtime.rpc.channel import channel
from tests.swarm.lab.mesh import MASTER
from tests.swarm.lab.node import Node
from tests.swarm.lab.swarm import NODES

ANSWER_SECONDS = 1.0


async def leading() -> list[Node]:
    """The nodes whose master says that it leads: one, or none for some seconds."""
    return [node for node in NODES if await _leads(node)]


async def _leads(node: Node) -> bool:
    async with channel(f"{node.address}:{MASTER}", own_connection=True) as to:
        request = health_pb2.HealthCheckRequest(service=SERVICE)
        try:
            answer = await health_pb2_grpc.HealthStub(to).Check(request, timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
