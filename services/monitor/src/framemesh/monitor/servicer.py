"""The gRPC edge of the monitor."""

from typing import Any

import grpc.aio

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.clock import Clock
from framemesh.core.names import check_name
from framemesh.monitor.backlog import backlog
from framemesh.monitor.converters import from_book
from framemesh.monitor.library import Library
from framemesh.runtime.broker import Broker
from framemesh.runtime.delivery import Delivery
from framemesh.runtime.pipeline_store import PipelineStore
from framemesh.runtime.subjects import ledger_stream, outcome_subject
from framemesh.runtime.tail import Tail

Context = grpc.aio.ServicerContext[Any, Any]


class MonitorServicer(monitor_pb2_grpc.MonitorServiceServicer):
    def __init__(
        self, broker: Broker, pipelines: PipelineStore, library: Library, clock: Clock
    ) -> None:
        self._broker = broker
        self._pipelines = pipelines
        self._library = library
        self._clock = clock

    async def GetStatus(
        self, request: monitor_pb2.GetStatusRequest, context: Context
    ) -> monitor_pb2.GetStatusResponse:
        names = [request.pipeline] if request.pipeline else await self._pipelines.names()
        return monitor_pb2.GetStatusResponse(
            pipelines=[await self._status(check_name("pipeline", name)) for name in names]
        )

    async def WatchResults(  # type: ignore[override]
        self, request: monitor_pb2.WatchResultsRequest, context: Context
    ) -> None:
        pipeline = check_name("pipeline", request.pipeline)
        cameras = [check_name("camera", camera) for camera in request.cameras] or ["*"]
        await self._pipelines.get(pipeline)
        subjects = [outcome_subject(pipeline, camera) for camera in cameras]
        tail = Tail(self._broker, ledger_stream(pipeline), self._clock, subjects)

        async def write(entry: Delivery) -> None:
            outcome = outcome_pb2.Outcome.FromString(entry.payload)
            await context.write(monitor_pb2.WatchResultsResponse(outcome=outcome))

        await tail.read(write, after=0 if request.from_start else await tail.last_sequence())

    async def _status(self, pipeline: str) -> monitor_pb2.PipelineStatus:
        spec = (await self._pipelines.get(pipeline)).spec
        waiting = await backlog(self._broker, spec)
        return from_book(pipeline, self._library.book(pipeline), waiting, self._clock.unix_nano())
