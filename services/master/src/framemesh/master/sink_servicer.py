"""The gRPC edge of the master's sinks."""

from typing import Any

import grpc.aio

from framemesh.api.master.v1 import sink_pb2, sink_pb2_grpc
from framemesh.core.names import check_name
from framemesh.master.sink_converters import sink_to_proto, spec_from_proto
from framemesh.master.sinks.manager import SinkManager

Context = grpc.aio.ServicerContext[Any, Any]


class SinkServicer(sink_pb2_grpc.SinkServiceServicer):
    def __init__(self, sinks: SinkManager) -> None:
        self._sinks = sinks

    async def AddSink(
        self, request: sink_pb2.AddSinkRequest, context: Context
    ) -> sink_pb2.AddSinkResponse:
        added = await self._sinks.add(spec_from_proto(request.spec))
        return sink_pb2.AddSinkResponse(sink=sink_to_proto(added))

    async def ListSinks(
        self, request: sink_pb2.ListSinksRequest, context: Context
    ) -> sink_pb2.ListSinksResponse:
        found = await self._sinks.list(request.pipeline)
        return sink_pb2.ListSinksResponse(sinks=map(sink_to_proto, found))

    async def GetSink(
        self, request: sink_pb2.GetSinkRequest, context: Context
    ) -> sink_pb2.GetSinkResponse:
        found = await self._sinks.get(check_name("sink", request.name))
        return sink_pb2.GetSinkResponse(sink=sink_to_proto(found))

    async def RemoveSink(
        self, request: sink_pb2.RemoveSinkRequest, context: Context
    ) -> sink_pb2.RemoveSinkResponse:
        await self._sinks.remove(check_name("sink", request.name))
        return sink_pb2.RemoveSinkResponse()
