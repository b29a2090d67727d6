"""The gRPC edge of the monitor."""

import asyncio
from typing import Any

import grpc.aio

from framemesh.api.monitor.v1 import (
    dead_letter_pb2,
    dead_letter_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
)
from framemesh.core.clock import Clock
from framemesh.core.names import check_name
from framemesh.monitor.converters import (
    from_dead_letter,
    from_frames,
    from_ledger,
    from_page,
    to_before,
    to_outcome,
)
from framemesh.monitor.ledger.registry import LedgerRegistry
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.lookup.frames import FrameLookup
from framemesh.monitor.status.backlog import backlog, dead_letters_kept
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.subjects import ledger_stream, outcomes_subject
from framemesh.runtime.rpc.draining import raise_when_draining

PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
"""Dead letters in one answer; a thousand are some 300 KB."""

Context = grpc.aio.ServicerContext[Any, Any]


class MonitorServicer(monitor_pb2_grpc.MonitorServiceServicer):
    def __init__(
        self,
        broker: Broker,
        pipelines: PipelineStore,
        registry: LedgerRegistry,
        frames: FrameLookup,
        *,
        clock: Clock,
        leaving: asyncio.Event,
    ) -> None:
        """`leaving` is set when the monitor goes: whoever watches results asks its successor."""
        self._broker = broker
        self._pipelines = pipelines
        self._registry = registry
        self._frames = frames
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
        subjects = [outcomes_subject(pipeline, camera) for camera in cameras]
        tail = OrderedReader(self._broker, ledger_stream(pipeline), self._clock, subjects)

        async def write(entry: ReceivedMessage) -> None:
            if outcome := to_outcome(entry.payload):
                await context.write(monitor_pb2.WatchResultsResponse(outcome=outcome))

        last = await tail.last_sequence()
        # With this the caller knows that every outcome from now on will come.
        await context.send_initial_metadata(())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(raise_when_draining(self._leaving))
            await tail.read(write, after=0 if request.from_start else last)

    async def GetFrame(
        self, request: monitor_pb2.GetFrameRequest, context: Context
    ) -> monitor_pb2.GetFrameResponse:
        pipeline = check_name("pipeline", request.pipeline)
        camera = check_name("camera", request.camera)
        session = request.session and check_name("session", request.session)
        await self._pipelines.get(pipeline)
        found = await self._frames.find(pipeline, camera, request.sequence, session)
        return from_frames(camera, found)

    async def _all(self) -> list[monitor_pb2.PipelineStatus]:
        found: list[monitor_pb2.PipelineStatus] = []
        for name in await self._pipelines.names():
            try:
                found.append(await self._status(name))
            except (PipelineUnknown, StreamGone):
                continue  # deleted since it was listed
        return found

    async def _status(self, pipeline: str) -> monitor_pb2.PipelineStatus:
        waiting = await backlog(self._broker, await self._pipelines.get(pipeline))
        dead = await dead_letters_kept(self._broker, pipeline)
        ledger = await self._registry.ledger(pipeline)
        return from_ledger(pipeline, ledger, waiting, dead, self._clock.unix_nano())


class DeadLetterServicer(dead_letter_pb2_grpc.DeadLetterServiceServicer):
    def __init__(self, pipelines: PipelineStore, letters: DeadLetters) -> None:
        self._pipelines = pipelines
        self._letters = letters

    async def ListDeadLetters(
        self, request: dead_letter_pb2.ListDeadLettersRequest, context: Context
    ) -> dead_letter_pb2.ListDeadLettersResponse:
        subject, before = _selected(request), to_before(request.page_token)
        size = min(request.page_size or PAGE_SIZE, MAX_PAGE_SIZE)
        await self._pipelines.get(request.pipeline)
        return from_page(await self._letters.page(request.pipeline, subject, size, before))

    async def GetDeadLetter(
        self, request: dead_letter_pb2.GetDeadLetterRequest, context: Context
    ) -> dead_letter_pb2.GetDeadLetterResponse:
        subject = _selected(request)
        await self._pipelines.get(request.pipeline)
        letter = await self._letters.get(request.pipeline, subject)
        image = letter.frame.image
        return dead_letter_pb2.GetDeadLetterResponse(
            dead_letter=from_dead_letter(letter, len(image)), image=image
        )


def _selected(
    request: dead_letter_pb2.ListDeadLettersRequest | dead_letter_pb2.GetDeadLetterRequest,
) -> str:
    return dead_letter_message.selected(
        request.pipeline, request.camera, request.session, request.sequence
    )
