"""Asking a gRPC server whether it serves."""

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

CHECK_SECONDS = 1.0
"""For one answer. A process that cannot say in a second that it serves does not."""


class HealthCheck:
    """One server's health, asked as often as you like. Close it after."""

    def __init__(self, address: str) -> None:
        """Of the server at host:port."""
        self._channel = grpc.aio.insecure_channel(
            address,
            options=[
                # A pool of our own: the back-off of another channel to this address is not ours.
                ("grpc.use_local_subchannel_pool", 1),
                # Mostly it is asked while the server starts: be there when it listens.
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.max_reconnect_backoff_ms", 200),
            ],
        )
        self._stub = health_pb2_grpc.HealthStub(self._channel)

    async def serving(self) -> bool:
        """Whether it answers, and says SERVING."""
        try:
            answer = await self._stub.Check(health_pb2.HealthCheckRequest(), timeout=CHECK_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def close(self) -> None:
        await self._channel.close()
