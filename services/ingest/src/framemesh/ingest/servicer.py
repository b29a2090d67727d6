"""The gRPC edge of ingest."""

from collections.abc import AsyncIterator

import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.names import check_name
from framemesh.ingest.clock.camera_clock import CameraClock
from framemesh.ingest.converters import (
    ack_to_proto,
    offered_from_proto,
    opened_to_proto,
    query_to_proto,
)
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.limits.refusals import counted_refusals
from framemesh.ingest.limits.session_limits import SessionLimits
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame
from framemesh.ingest.session import IngestSession, SessionDeps
from framemesh.runtime import logs
from framemesh.runtime.identity.caller import caller
from framemesh.runtime.rpc.stream_timeouts import first_message

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


async def _offered(requests: Requests, clock: CameraClock) -> AsyncIterator[OfferedFrame]:
    async for request in requests:
        match request.WhichOneof("request"):
            case "frame":
                yield offered_from_proto(request.frame, clock)
            case "clock":
                said = request.clock
                clock.read(said.unix_nano, said.query, said.stepped_nano)
            case _:
                raise SessionProtocolViolation("after opening, send frames and clock readings")


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, deps: SessionDeps, credit: CreditLimit, limits: SessionLimits) -> None:
        self._deps = deps
        self._credit = credit
        self._limits = limits

    async def Push(self, request_iterator: Requests, context: Context) -> None:  # type: ignore[override]
        with counted_refusals(self._deps.measurements.meter), self._limits.stream():
            opening = _checked(await first_message(request_iterator, ingest_pb2.PushRequest()))
            # Each call is a task of its own.
            logs.bind(pipeline=opening.pipeline, camera=opening.camera)
            caller().require_camera(opening.pipeline, opening.camera)
            with self._limits.session(opening.pipeline, opening.camera):
                await self._run(opening, request_iterator, context)

    async def _run(
        self, opening: ingest_pb2.OpenSession, requests: Requests, context: Context
    ) -> None:
        snapshot = await self._deps.pipelines.snapshot(opening.pipeline)
        session = IngestSession(snapshot, opening.camera, opening.session, self._deps, self._credit)
        limit = self._deps.validator.max_bytes
        # The camera reads its clock when this reaches it.
        measured = self._deps.measurements.of(snapshot.name)
        clock = CameraClock(opening.camera, self._deps.clock, measured.clock_steps.add)
        await context.write(opened_to_proto(self._credit.frames, self._credit.bytes, limit))

        async def write(answer: AckBatch) -> None:
            await context.write(ack_to_proto(answer))
            # Here, so that it costs no timer; where nothing is acknowledged, no time is needed.
            if (query := clock.next_query()) is not None:
                await context.write(query_to_proto(query))

        began = self._deps.clock.monotonic()
        log.info("camera connected", session=opening.session)
        try:
            await session.run(_offered(requests, clock), write)
        finally:
            seconds = round(self._deps.clock.monotonic() - began, 1)
            log.info("camera disconnected", session=opening.session, after_seconds=seconds)
