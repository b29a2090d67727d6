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
from framemesh.core.names import check_name
from framemesh.monitor.converters import (
    before_from_page_token,
    dead_letter_to_proto,
    frames_to_proto,
    outcome_from_payload,
    page_to_proto,
    status_to_proto,
)
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.lookup.frames import FrameLookup
from framemesh.monitor.results.hub import ResultHub
from framemesh.monitor.results.resume_token import ResumeToken
from framemesh.monitor.results.watch_spans import WatchSpans
from framemesh.monitor.status.collector import StatusCollector
from framemesh.monitor.status.pipeline_status import PipelineStatus
from framemesh.monitor.status.visible import visible_status
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.identity.caller import caller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.rpc.draining import raise_when_draining

PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
"""Dead letters in one answer; a thousand are some 300 KB."""

Context = grpc.aio.ServicerContext[Any, Any]


class MonitorServicer(monitor_pb2_grpc.MonitorServiceServicer):
    def __init__(
        self,
        pipelines: PipelineStore,
        statuses: StatusCollector,
        results: ResultHub,
        frames: FrameLookup,
        watch_spans: WatchSpans,
        *,
        draining: asyncio.Event,
    ) -> None:
        """`draining` is set when the monitor ends: a watcher goes on at its successor."""
        self._pipelines = pipelines
        self._statuses = statuses
        self._results = results
        self._frames = frames
        self._watch_spans = watch_spans
        self._draining = draining

    async def GetStatus(
        self, request: monitor_pb2.GetStatusRequest, context: Context
    ) -> monitor_pb2.GetStatusResponse:
        who = caller()
        if request.pipeline:
            who.require_pipeline(check_name("pipeline", request.pipeline))
            found = [await self._statuses.one(request.pipeline)]
        else:
            found = [
                each for each in await self._statuses.all() if who.sees_pipeline(each.pipeline)
            ]
        found = [visible_status(each, who) for each in found]
        # In a thread: 16,384 cameras take a tenth of a second.
        return await asyncio.to_thread(_statuses, found)

    async def WatchResults(  # type: ignore[override]
        self, request: monitor_pb2.WatchResultsRequest, context: Context
    ) -> None:
        pipeline = check_name("pipeline", request.pipeline)
        cameras = caller().visible(
            pipeline, {check_name("camera", camera) for camera in request.cameras}
        )
        token = ResumeToken.parse(request.resume_token) if request.resume_token else None
        await self._pipelines.get(pipeline)
        async with self._results.watcher(pipeline, cameras) as watcher:
            last = await watcher.last_sequence()
            if token is not None:
                after = token.resume_after(watcher.stream_created, last)
            else:
                after = 0 if request.from_start else last

            def place(sequence: int) -> str:
                return str(ResumeToken.of(watcher.stream_created, sequence))

            async def write(message: ReceivedMessage) -> None:
                if outcome := outcome_from_payload(message.payload):
                    # Before it is written: who has what it wanted ends the call at once. Who goes
                    # back in time sees results late that others saw at once.
                    if message.sequence > last:
                        self._watch_spans.watched(pipeline, message, outcome)
                    await context.write(
                        monitor_pb2.WatchResultsResponse(
                            outcome=outcome, resume_token=place(message.sequence)
                        )
                    )

            # With this the caller knows that every outcome from now on will come.
            await context.send_initial_metadata((("resume-token", place(after)),))
            async with TaskGroup() as tasks:
                tasks.create_task(raise_when_draining(self._draining))
                await watcher.run(write, after)

    async def GetFrame(
        self, request: monitor_pb2.GetFrameRequest, context: Context
    ) -> monitor_pb2.GetFrameResponse:
        pipeline = check_name("pipeline", request.pipeline)
        camera = check_name("camera", request.camera)
        session = request.session and check_name("session", request.session)
        await self._pipelines.get(pipeline)
        found = await self._frames.find(pipeline, camera, request.sequence, session)
        return await asyncio.to_thread(frames_to_proto, camera, found)


def _statuses(found: list[PipelineStatus]) -> monitor_pb2.GetStatusResponse:
    return monitor_pb2.GetStatusResponse(pipelines=map(status_to_proto, found))


class DeadLetterServicer(dead_letter_pb2_grpc.DeadLetterServiceServicer):
    def __init__(self, pipelines: PipelineStore, letters: DeadLetters) -> None:
        self._pipelines = pipelines
        self._letters = letters

    async def ListDeadLetters(
        self, request: dead_letter_pb2.ListDeadLettersRequest, context: Context
    ) -> dead_letter_pb2.ListDeadLettersResponse:
        subject, before = _selected(request), before_from_page_token(request.page_token)
        size = min(request.page_size or PAGE_SIZE, MAX_PAGE_SIZE)
        await self._pipelines.get(request.pipeline)
        return page_to_proto(await self._letters.page(request.pipeline, subject, size, before))

    async def GetDeadLetter(
        self, request: dead_letter_pb2.GetDeadLetterRequest, context: Context
    ) -> dead_letter_pb2.GetDeadLetterResponse:
        subject = _selected(request)
        await self._pipelines.get(request.pipeline)
        letter = await self._letters.get(request.pipeline, subject)
        image = letter.frame.image
        return dead_letter_pb2.GetDeadLetterResponse(
            dead_letter=dead_letter_to_proto(letter, len(image)), image=image
        )


def _selected(
    request: dead_letter_pb2.ListDeadLettersRequest | dead_letter_pb2.GetDeadLetterRequest,
) -> str:
    return dead_letter_message.selected(
        request.pipeline, request.camera, request.session, request.sequence
    )
