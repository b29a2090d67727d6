"""A gRPC server with what every service has: health, reflection, channelz, named errors."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

import grpc
import grpc.aio
from grpc_channelz.v1 import channelz, channelz_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.processes.ports import AddressTaken, is_free
from framemesh.runtime.rpc.access import AccessInterceptor
from framemesh.runtime.rpc.channel import MESSAGE_BYTES
from framemesh.runtime.rpc.errors import ErrorInterceptor
from framemesh.tls.grpc_credentials import server_credentials

MIB = 1024 * 1024

CHANNELZ = channelz_pb2.DESCRIPTOR.services_by_name["Channelz"].full_name

WINDOW_BYTES = MIB
"""Of a stream that may be on its way before it is read: most pictures fit, and what a camera has in
flight is bounded by its credit. With gRPC's 64 KB, and 16 KB a piece, a picture of 76 KB costs
ingest and its camera half as much again (bench/README.md)."""

DRAIN_TIMEOUT_SECONDS = 5.0
"""For calls in progress, after the server announced its shutdown."""

HANDSHAKE_SECONDS = 10.0
"""For a client to begin: milliseconds, on the worst of networks a few seconds."""


@dataclass(frozen=True, slots=True)
class Service:
    """One gRPC service: its full name, and a function that adds its servicer to a server."""

    name: str
    add: Callable[[grpc.aio.Server], None]


class GrpcServer:
    """A listening server and its health state."""

    def __init__(
        self,
        server: grpc.aio.Server,
        checks: health.aio.HealthServicer,
        names: list[str],
        port: int,
    ) -> None:
        self._server = server
        self._health = checks
        self._names = names
        self.port = port

    async def set_serving(self, serving: bool) -> None:
        """Set the health of the server and of each of its services."""
        for name in ["", *self._names]:
            await self._health.set(name, _state(serving))

    async def set_standby(self) -> None:
        """The server is well, and another one answers for its services."""
        await self._health.set("", _state(True))
        for name in self._names:
            await self._health.set(name, _state(False))

    async def stop(self) -> None:
        await self._health.enter_graceful_shutdown()
        await self._server.stop(DRAIN_TIMEOUT_SECONDS)


def _state(serving: bool) -> "health_pb2.HealthCheckResponse.ServingStatus.ValueType":
    states = health_pb2.HealthCheckResponse
    return states.SERVING if serving else states.NOT_SERVING


@asynccontextmanager
async def grpc_server(
    address: str,
    services: Sequence[Service],
    options: ConnectOptions = DEFAULT,
    *,
    max_message_bytes: int = MESSAGE_BYTES,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    shared: bool = False,
) -> AsyncIterator[GrpcServer]:
    """Serve on `address` (host:port, port 0 for a free one); drained when the context ends.

    Health answers NOT_SERVING until `set_serving(True)`.

    Args:
        interceptors: around each call, the first outermost; they see the errors of handlers before
            those become statuses.
        shared: whether other processes listen on the port, too. Whoever starts them holds it
            (processes/held_port.py).

    Raises:
        AddressTaken: the port is in use.
        PlaintextRefused: other machines reach the port, and nothing would be encrypted.
        CertificatesUnusable: the files of certificates are missing, or do not fit together.
    """
    options.check_port(address)
    server = grpc.aio.server(
        interceptors=[ErrorInterceptor(), *_access(options.gatekeeper), *interceptors],
        options=[
            ("grpc.so_reuseport", int(shared)),
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
            # The window that grows with the bandwidth lets megabytes run ahead of a slow reader; a
            # small one takes several round trips for a picture.
            ("grpc.http2.bdp_probe", 0),
            ("grpc.http2.lookahead_bytes", WINDOW_BYTES),
            ("grpc.http2.max_frame_size", WINDOW_BYTES),
            # The defaults answer a ping more often than every 5 minutes with GOAWAY.
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.keepalive_time_ms", 15_000),
            ("grpc.keepalive_timeout_ms", round(1000 * options.keepalive_timeout_seconds)),
            # Who connects and says nothing, or a byte a second, is let go then, not after 2 min.
            ("grpc.server_handshake_timeout_ms", round(1000 * HANDSHAKE_SECONDS)),
        ],
    )
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    for service in services:
        service.add(server)
    names = [service.name for service in services]
    reflection.enable_server_reflection(
        [*names, health.SERVICE_NAME, reflection.SERVICE_NAME, CHANNELZ], server
    )
    channelz.add_channelz_servicer(server)
    port = _listen(server, address, options, shared=shared)
    running = GrpcServer(server, checks, names, port)
    await running.set_serving(False)
    await server.start()
    try:
        async with _keeping(options.gatekeeper):
            yield running
    finally:
        await running.stop()


def _access(keeper: Gatekeeper | None) -> list[grpc.aio.ServerInterceptor]:
    return [] if keeper is None else [AccessInterceptor(keeper)]


def _keeping(keeper: Gatekeeper | None) -> AbstractAsyncContextManager[None]:
    return nullcontext() if keeper is None else background_task(keeper.run())


def _listen(server: grpc.aio.Server, address: str, options: ConnectOptions, *, shared: bool) -> int:
    """Bind `address`; returns its port."""
    taken = AddressTaken(address)
    host, _, port = address.rpartition(":")
    # gRPC would find that out too, and print a line of its own beside our log.
    if not shared and not is_free(int(port), host.strip("[]")):
        raise taken
    watched = options.watch()
    try:
        if watched is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(
            address, server_credentials(watched, verify_clients=options.verify_clients)
        )
    except RuntimeError as error:
        raise taken from error
