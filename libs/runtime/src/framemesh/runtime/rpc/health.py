"""Asking a gRPC server for its health."""

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.runtime.processes.liveness import Health

CHECK_TIMEOUT_SECONDS = 1.0
"""For one answer. A process that cannot say in a second that it serves does not."""

_NO_ANSWER = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


async def grpc_health(address: str, timeout_seconds: float) -> Health:
    """What the server at host:port answers in `timeout_seconds`.

    On a connection of its own, which costs 1 ms of CPU: one that is kept would be in its back-off
    when a server that starts begins to listen.
    """
    options = [
        # Channels of one process share connections and their back-off, unless told not to.
        ("grpc.use_local_subchannel_pool", 1),
        # What is checked is ours: it is never behind the proxy of the environment.
        ("grpc.enable_http_proxy", 0),
    ]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=timeout_seconds
            )
        except grpc.aio.AioRpcError as error:
            # A server without health checks answers with an error; it lives.
            return Health.UNANSWERED if error.code() in _NO_ANSWER else Health.NOT_SERVING
    serving = answer.status == health_pb2.HealthCheckResponse.SERVING
    return Health.SERVING if serving else Health.NOT_SERVING


async def grpc_serving(address: str) -> bool:
    """Whether the server at host:port answers in CHECK_TIMEOUT_SECONDS, and says SERVING."""
    return await grpc_health(address, CHECK_TIMEOUT_SECONDS) is Health.SERVING
