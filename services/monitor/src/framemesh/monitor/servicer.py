"""The gRPC edge of the monitor."""

import asyncio
from typing import Any

import grpc.aio

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.clock import Clock
from framemesh.core.names import check_name
from framemesh.monitor.backlog import backlog
from framemesh.monitor.converters import from_book, to_outcome
from framemesh.monitor.library import Library
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.jetstream.subjects import ledger_stream, outcome_subject
from framemesh.runtime.jetstream.tail import StreamGone, Tail
from framemesh.runtime.rpc.leaving import end_when_leaving

Context = grpc.aio.ServicerContext[Any, Any]


class MonitorServicer(monitor_pb2_grpc.MonitorServiceServicer):
    def __init__(
        self,
        broker: Broker,
        pipelines: PipelineStore,
        library: Library,
        clock: Clock,
        leaving: asyncio.Event,
    ) -> None:
        """`leaving` is set when the monitor goes: whoever watches results asks its successor."""
        self._broker = broker
        self._pipelines = pipelines
        self._library = library
        self._clock = clock
        self._leaving = leaving

    async def GetStatus(
        self, request: monitor_pb2.GetStatusRequest, context: Context
    ) -> monitor_pb2.GetStatusResponse:
        if request.pipeline:
            found = [await self._status(check_name("pipeline", request.pipeline))]
        else:
            found = await self._all()
        return monitor_pb2.GetStatusResponse(pipelines=found)

    async def WatchResults(  # type: ignore[override]
        self, request: monitor_pb2.WatchResultsRequest, context: Context
    ) -> None:
        pipeline = check_name("pipeline", request.pipeline)
        # JetStream refuses a subject that is named twice.
        cameras = {check_name("camera", camera) for camera in request.cameras} or {"*"}
        await self._pipelines.get(pipeline)
        subjects = [outcome_subject(pipeline, camera) for camera in cameras]
        tail = Tail(self._broker, ledger_stream(pipeline), self._clock, subjects)

        async def write(entry: Delivery) -> None:
            if outcome := to_outcome(entry.payload):
                await context.write(monitor_pb2.WatchResultsResponse(outcome=outcome))

        last = await tail.last_sequence()
        # With this the caller knows that every outcome from now on will come.
        await context.send_initial_metadata(())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end_when_leaving(self._leaving))
            await tail.read(write, after=0 if request.from_start else last)

    async def _all(self) -> list[monitor_pb2.PipelineStatus]:
        found: list[monitor_pb2.PipelineStatus] = []
        for name in await self._pipelines.names():
            try:
                found.append(await self._status(name))
            except (PipelineUnknown, StreamGone):
                continue  # deleted since it was listed
        return found

    async def _status(self, pipeline: str) -> monitor_pb2.PipelineStatus:
        spec = (await self._pipelines.get(pipeline)).spec
        waiting = await backlog(self._broker, spec)
        book = await self._library.book(pipeline)
        return from_book(pipeline, book, waiting, self._clock.unix_nano())
