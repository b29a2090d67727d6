"""The interceptors that telemetry is given to, around the calls of servers and channels."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.rpc.server import Service, grpc_server

METHOD = "/test.Service/Fail"


class Refused(FramemeshError):
    code = Code.CONFLICT


class Recorder(grpc.aio.ServerInterceptor):
    def __init__(self) -> None:
        self.methods: list[str] = []
        self.errors: list[BaseException] = []

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        self.methods.append(handler_call_details.method)
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method != METHOD:
            return handler

        async def recorded(request: Any, context: Any) -> Any:
            try:
                return await handler.unary_unary(request, context)
            except FramemeshError as error:
                self.errors.append(error)
                raise

        return grpc.unary_unary_rpc_method_handler(recorded)


class ChannelRecorder(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self) -> None:
        self.methods: list[str] = []

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        method = client_call_details.method
        self.methods.append(method if isinstance(method, str) else method.decode())
        return await continuation(client_call_details, request)


def failing() -> Service:
    async def fail(request: Any, context: Any) -> Any:
        raise Refused("not now")

    handlers: dict[str, Any] = {"Fail": grpc.unary_unary_rpc_method_handler(fail)}
    generic = grpc.method_handlers_generic_handler("test.Service", handlers)
    return Service("test.Service", lambda to: to.add_generic_rpc_handlers((generic,)))


async def test_an_interceptor_of_a_server_sees_the_error_before_it_becomes_a_status() -> None:
    recorder = Recorder()
    async with (
        grpc_server("127.0.0.1:0", [failing()], interceptors=[recorder]) as server,
        channel(f"127.0.0.1:{server.port}") as to,
    ):
        call: Any = to.unary_unary(METHOD)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"", timeout=5)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.details() == "not now"
    assert recorder.methods == [METHOD]
    assert [type(error) for error in recorder.errors] == [Refused]


async def test_an_interceptor_of_a_channel_sees_each_call() -> None:
    recorder = ChannelRecorder()
    async with (
        grpc_server("127.0.0.1:0", []) as server,
        channel(f"127.0.0.1:{server.port}", interceptors=[recorder]) as to,
    ):
        await health_pb2_grpc.HealthStub(to).Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert recorder.methods == ["/grpc.health.v1.Health/Check"]
