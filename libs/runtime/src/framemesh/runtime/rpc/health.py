"""Health checks of gRPC servers."""

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.processes.health import Health
from framemesh.runtime.rpc.channel import channel

CHECK_TIMEOUT_SECONDS = 1.0
"""For one check. A process that does not answer within a second does not serve."""

_NO_ANSWER = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


async def grpc_health(
    address: str, timeout_seconds: float, options: ConnectOptions = DEFAULT
) -> Health:
    """What the server at host:port answers in `timeout_seconds`.

    On a connection of its own, which costs 1 ms of CPU: one that is kept would be in its back-off
    when a server that starts begins to listen.
    """
    async with channel(address, options, own_connection=True) as to:
        try:
            answer = await health_pb2_grpc.HealthStub(to).Check(
                health_pb2.HealthCheckRequest(), timeout=timeout_seconds
            )
        except grpc.aio.AioRpcError as error:
            # A server without health checks answers with an error; it lives.
            return Health.UNANSWERED if error.code() in _NO_ANSWER else Health.NOT_SERVING
    serving = answer.status == health_pb2.HealthCheckResponse.SERVING
    return Health.SERVING if serving else Health.NOT_SERVING


def check_service(to: grpc.Channel, service: str, timeout_seconds: float) -> None:
    """Ask a server for the health of a service, for threads.

    Raises:
        grpc.RpcError: there was no answer, or the server has no health checks.
    """
    request = health_pb2.HealthCheckRequest(service=service)
    health_pb2_grpc.HealthStub(to).Check(request, timeout=timeout_seconds)


async def grpc_serving(address: str, options: ConnectOptions = DEFAULT) -> bool:
    """Whether the server at host:port answers in CHECK_TIMEOUT_SECONDS, and says SERVING."""
    return await grpc_health(address, CHECK_TIMEOUT_SECONDS, options) is Health.SERVING
