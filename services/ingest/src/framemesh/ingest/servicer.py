"""The gRPC edge of ingest."""

from collections.abc import AsyncIterator
from contextlib import closing

import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.names import check_name
from framemesh.ingest.clock.camera_clock import CameraClock
from framemesh.ingest.converters import (
    ack_to_proto,
    frames_of,
    hint_to_proto,
    offered_from_proto,
    opened_to_proto,
    query_to_proto,
)
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.limits.client import client_of
from framemesh.ingest.limits.ingest_limits import Limits, Rate
from framemesh.ingest.limits.refusals import counted_refusals
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame
from framemesh.ingest.session import IngestSession, SessionDeps
from framemesh.ingest.session_pace import SessionPace
from framemesh.runtime import logs
from framemesh.runtime.identity.caller import caller
from framemesh.runtime.rpc.stream_timeouts import MessageWriter, first_message, further_messages

log = logs.get_logger()

Requests = AsyncIterator[ingest_pb2.PushRequest]
Context = grpc.aio.ServicerContext[ingest_pb2.PushRequest, ingest_pb2.PushResponse]


def _checked(first: ingest_pb2.PushRequest) -> ingest_pb2.OpenSession:
    if first.WhichOneof("request") != "open":
        raise SessionProtocolViolation("the first message must open the session")
    check_name("pipeline", first.open.pipeline)
    check_name("camera", first.open.camera)
    check_name("session", first.open.session)
    return first.open


async def _offered(
    requests: Requests, clock: CameraClock, pace: SessionPace
) -> AsyncIterator[OfferedFrame]:
    async for request in requests:
        match request.WhichOneof("request"):
            case "frame":
                yield await _admitted(offered_from_proto(request.frame, clock), pace)
            case "frames":
                # All of them now: when they came, not when their camera may send again.
                for offered in [
                    offered_from_proto(frame, clock) for frame in frames_of(request.frames)
                ]:
                    yield await _admitted(offered, pace)
            case "clock":
                said = request.clock
                clock.read(said.unix_nano, said.query, said.stepped_nano)
            case _:
                raise SessionProtocolViolation("after opening, send frames and clock readings")


async def _admitted(offered: OfferedFrame, pace: SessionPace) -> OfferedFrame:
    if not offered.filtered:
        await pace.admit(len(offered.image))
    return offered


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, deps: SessionDeps, credit: CreditLimit, limits: Limits) -> None:
        self._deps = deps
        self._credit = credit
        self._limits = limits

    async def Push(self, request_iterator: Requests, context: Context) -> None:  # type: ignore[override]
        client = client_of(context.peer())
        with counted_refusals(self._deps.measurements.meter):
            async with self._limits.stream(client):
                await self._push(request_iterator, context)

    async def _push(self, requests: Requests, context: Context) -> None:
        opening = _checked(await first_message(requests, ingest_pb2.PushRequest()))
        # Each call is a task of its own.
        logs.bind(pipeline=opening.pipeline, camera=opening.camera)
        caller().require_camera(opening.pipeline, opening.camera)
        async with self._limits.session(opening.pipeline, opening.camera) as rate:
            await self._run(opening, rate, requests, context)

    async def _run(
        self,
        opening: ingest_pb2.OpenSession,
        rate: Rate | None,
        requests: Requests,
        context: Context,
    ) -> None:
        deps = self._deps
        snapshot = await deps.pipelines.snapshot(opening.pipeline)
        session = IngestSession(snapshot, opening.camera, opening.session, deps, self._credit)
        measured = deps.measurements.of(snapshot.name)
        with deps.backlogs.session(snapshot) as hints, closing(MessageWriter(context)) as answers:
            pace = SessionPace(rate, hints, measured.throttled)
            # The camera reads its clock when this reaches it.
            clock = CameraClock(opening.camera, deps.clock, measured.clock_steps.add)
            limit = deps.validator.max_bytes
            await answers.write(opened_to_proto(self._credit, limit))

            async def write(answer: AckBatch) -> None:
                await answers.write(ack_to_proto(answer))
                # Here, so that it costs no timer; where nothing is acknowledged, neither is needed.
                if (query := clock.next_query()) is not None:
                    await answers.write(query_to_proto(query))
                if (hint := pace.next_hint()) is not None:
                    await answers.write(hint_to_proto(hint))

            began = deps.clock.monotonic()
            log.info("camera connected", session=opening.session)
            try:
                coming = further_messages(requests, self._limits.silence_seconds)
                await session.run(_offered(coming, clock, pace), write)
            finally:
                seconds = round(deps.clock.monotonic() - began, 1)
                log.info("camera disconnected", session=opening.session, after_seconds=seconds)
