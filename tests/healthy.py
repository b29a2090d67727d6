"""A server that says it is well, as a Triton at an address does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


@asynccontextmanager
async def healthy(*, serving: bool = True) -> AsyncIterator[str]:
    """Its host:port."""
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    states = health_pb2.HealthCheckResponse.ServingStatus
    await servicer.set("", states.Value("SERVING" if serving else "NOT_SERVING"))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)
