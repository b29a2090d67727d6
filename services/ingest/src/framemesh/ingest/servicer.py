"""The gRPC edge of ingest."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.names import check_name
from framemesh.ingest.clock_offset import CameraClock
from framemesh.ingest.converters import ack_to_proto, offered_from_proto, opened_to_proto
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame
from framemesh.ingest.session import IngestSession, SessionDeps

Requests = AsyncIterator[ingest_pb2.PushRequest]
Context = grpc.aio.ServicerContext[ingest_pb2.PushRequest, ingest_pb2.PushResponse]


OPEN_TIMEOUT_SECONDS = 10.0
"""For the first message of a stream."""


async def _first(requests: Requests) -> ingest_pb2.PushRequest:
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
            return await anext(requests, ingest_pb2.PushRequest())
    except TimeoutError as error:
        raise SessionProtocolViolation(
            f"no session was opened within {OPEN_TIMEOUT_SECONDS:.0f} s"
        ) from error


async def _offered(requests: Requests, clock: CameraClock) -> AsyncIterator[OfferedFrame]:
    async for request in requests:
        match request.WhichOneof("request"):
            case "frame":
                yield offered_from_proto(request.frame, clock)
            case "clock":
                clock.read(request.clock.unix_nano)
            case _:
                raise SessionProtocolViolation("after opening, send frames and one clock reading")


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, deps: SessionDeps, credit: CreditLimit) -> None:
        self._deps = deps
        self._credit = credit

    async def Push(self, request_iterator: Requests, context: Context) -> None:  # type: ignore[override]
        opening = await _first(request_iterator)
        session = await self._open(opening)
        limit = self._deps.validator.max_bytes
        # The camera reads its clock when this reaches it.
        clock = CameraClock(opening.open.camera, self._deps.clock)
        await context.write(opened_to_proto(self._credit.frames, self._credit.bytes, limit))

        async def write(answer: AckBatch) -> None:
            await context.write(ack_to_proto(answer))

        await session.run(_offered(request_iterator, clock), write)

    async def _open(self, first: ingest_pb2.PushRequest) -> IngestSession:
        if first.WhichOneof("request") != "open":
            raise SessionProtocolViolation("the first message must open the session")
        pipeline = check_name("pipeline", first.open.pipeline)
        camera = check_name("camera", first.open.camera)
        session = check_name("session", first.open.session)
        snapshot = await self._deps.pipelines.snapshot(pipeline)
        return IngestSession(snapshot, camera, session, self._deps, self._credit)
