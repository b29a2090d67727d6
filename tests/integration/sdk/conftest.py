"""A real gRPC server that says what its script says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import grpc.aio
import pytest

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.sdk import AsyncCamera, Camera, CameraOptions, Counts, Statistics

Requests = AsyncIterator[ingest_pb2.PushRequest]


@dataclass
class Stream:
    """What one stream brought, and the server's end of it."""

    requests: Requests
    context: Any
    opening: ingest_pb2.OpenSession
    frames: list[ingest_pb2.Frame] = field(default_factory=list)
    unread: list[ingest_pb2.Frame] = field(default_factory=list)
    """Of a message of several."""
    clock: int | None = None
    """What the camera's clock said."""

    @property
    def sequences(self) -> list[int]:
        return [frame.sequence for frame in self.frames]

    async def open(
        self,
        frames: int = 8,
        size: int = 1 << 20,
        largest: int = 1 << 20,
        per_message: int = 0,
    ) -> None:
        credit = ingest_pb2.Credit(frames=frames, bytes=size)
        opened = ingest_pb2.SessionOpened(credit=credit, max_frame_bytes=largest)
        if per_message:
            opened.per_message.CopyFrom(ingest_pb2.Credit(frames=per_message, bytes=1 << 20))
        await self.context.write(ingest_pb2.PushResponse(opened=opened))

    async def receive(self) -> ingest_pb2.Frame | None:
        """The next frame; None once the camera half-closed."""
        if self.unread:
            self.frames.append(self.unread.pop(0))
            return self.frames[-1]
        async for request in self.requests:
            if request.HasField("clock"):
                assert self.clock is None, "a second reading"
                assert not self.frames, "a reading after a frame"
                self.clock = request.clock.unix_nano
            elif request.HasField("frames"):
                self.unread += request.frames.frames
                return await self.receive()
            else:
                self.frames.append(request.frame)
                return self.frames[-1]
        return None

    async def acknowledge(self, *accepted: int, rejected: tuple[Any, ...] = ()) -> None:
        answer = ingest_pb2.Acknowledgement(accepted=accepted, rejected=rejected)
        await self.context.write(ingest_pb2.PushResponse(acknowledgement=answer))


Script = Callable[[Stream], Awaitable[None]]


class ScriptedIngest(ingest_pb2_grpc.IngestServiceServicer):
    """Every stream follows the next script; the last one is for all that come after."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.address = ""
        self.streams: list[Stream] = []

    async def Push(self, request_iterator: Requests, context: Any) -> None:  # type: ignore[override]
        requests = aiter(request_iterator)
        stream = Stream(requests, context, (await anext(requests)).open)
        self.streams.append(stream)
        await self._scripts[min(len(self.streams), len(self._scripts)) - 1](stream)


Serve = Callable[..., Awaitable[ScriptedIngest]]


@asynccontextmanager
async def serving(ingest: ScriptedIngest, address: str) -> AsyncIterator[int]:
    server = grpc.aio.server()
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(ingest, server)
    port = server.add_insecure_port(address)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(grace=None)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts scripted ingests that end with the test."""
    async with AsyncExitStack() as stack:

        async def start(*scripts: Script, address: str = "127.0.0.1:0") -> ScriptedIngest:
            ingest = ScriptedIngest(*scripts)
            port = await stack.enter_async_context(serving(ingest, address))
            ingest.address = f"127.0.0.1:{port}"
            return ingest

        yield start


class ThreadedCamera:
    """A `Camera` with the methods of an `AsyncCamera`; what it does is done in a thread."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._camera = Camera(*arguments, **options)

    @property
    def counts(self) -> Counts:
        return self._camera.counts

    @property
    def statistics(self) -> Statistics:
        return self._camera.statistics

    async def send(self, frame: bytes) -> int:
        return await asyncio.to_thread(self._camera.send, frame)

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await asyncio.to_thread(self._camera.close, timeout)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._camera.__enter__)
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await asyncio.to_thread(self._camera.__exit__, *raised)


MakeCamera = Callable[..., ThreadedCamera | AsyncCamera]


@pytest.fixture(params=["sync", "async"])
def make_camera(request: pytest.FixtureRequest) -> MakeCamera:
    """Makes a camera `door` of either face, to be sent with and closed step by step."""
    face = ThreadedCamera if request.param == "sync" else AsyncCamera

    def make(address: str, **options: Any) -> ThreadedCamera | AsyncCamera:
        return face(address, pipeline="street", name="door", options=CameraOptions(**options))

    return make


Push = Callable[..., Awaitable[ThreadedCamera | AsyncCamera]]


@pytest.fixture
def push(make_camera: MakeCamera) -> Push:
    """Sends frames with either face of the SDK, closes it, and returns the camera."""

    async def send(address: str, frames: list[Any], **options: Any) -> ThreadedCamera | AsyncCamera:
        async with make_camera(address, **options) as camera:
            for frame in frames:
                await camera.send(frame)
        return camera

    return send
