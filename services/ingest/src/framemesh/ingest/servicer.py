"""The gRPC edge of ingest."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.names import check_name
from framemesh.ingest.clock_difference import CameraClock
from framemesh.ingest.converters import from_answer, to_offered, to_opened
from framemesh.ingest.errors import SessionProtocolViolated
from framemesh.ingest.offers import Answer, CreditLimit, Offered
from framemesh.ingest.session import Session, Storage

Requests = AsyncIterator[ingest_pb2.PushRequest]
Context = grpc.aio.ServicerContext[ingest_pb2.PushRequest, ingest_pb2.PushResponse]


OPEN_SECONDS = 10.0
"""For the first message of a stream."""


async def _first(requests: Requests) -> ingest_pb2.PushRequest:
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            return await anext(requests, ingest_pb2.PushRequest())
    except TimeoutError as error:
        raise SessionProtocolViolated(
            f"no session was opened within {OPEN_SECONDS:.0f} s"
        ) from error


async def _offered(requests: Requests, clock: CameraClock) -> AsyncIterator[Offered]:
    async for request in requests:
        match request.WhichOneof("request"):
            case "frame":
                yield to_offered(request.frame, clock)
            case "clock":
                clock.read(request.clock.unix_nano)
            case _:
                raise SessionProtocolViolated("after opening, send frames and one clock reading")


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, storage: Storage, credit: CreditLimit) -> None:
        self._storage = storage
        self._credit = credit

    async def Push(self, request_iterator: Requests, context: Context) -> None:  # type: ignore[override]
        opening = await _first(request_iterator)
        session = await self._open(opening)
        limit = self._storage.admission.max_bytes
        # The camera reads its clock when this reaches it.
        clock = CameraClock(opening.open.camera, self._storage.clock)
        await context.write(to_opened(self._credit.frames, self._credit.bytes, limit))

        async def write(answer: Answer) -> None:
            await context.write(from_answer(answer))

        await session.run(_offered(request_iterator, clock), write)

    async def _open(self, first: ingest_pb2.PushRequest) -> Session:
        if first.WhichOneof("request") != "open":
            raise SessionProtocolViolated("the first message must open the session")
        pipeline = check_name("pipeline", first.open.pipeline)
        camera = check_name("camera", first.open.camera)
        session = check_name("session", first.open.session)
        standing = await self._storage.pipelines.standing(pipeline)
        return Session(standing, camera, session, self._storage, self._credit)
