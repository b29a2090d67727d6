"""The task behind an asynchronous camera: it keeps a stream to ingest open."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable

import grpc
import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.reconnection import ReconnectPolicy
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.transport import converters
from framemesh.sdk.transport.channel import CHANNEL_OPTIONS, LINGER_SECONDS
from framemesh.sdk.transport.target import Target


class AsyncLink:
    """Sends what a session offers and tells it what ingest answers.

    Whoever waits for a change of the session holds `changed`; whoever changed it notifies.
    """

    def __init__(
        self,
        target: Target,
        session: CameraSession,
        connect_timeout: float,
        clock: Callable[[], int],
    ) -> None:
        self.changed = asyncio.Condition()
        self.failure: Exception | None = None
        """Why there will be no further stream."""
        self._target = target
        self._session = session
        self._connect_timeout = connect_timeout
        self._clock = clock
        self._stream = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        # Owned by the camera and awaited in stop: a task group would have to span its methods.
        self._task = asyncio.create_task(self._run(), name=f"framemesh-{self._target.camera}")

    async def wait(self, condition: Callable[[], bool], seconds: float | None) -> None:
        """Wait, holding `changed`, for the condition or for a failure, at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.changed.wait_for(lambda: self.failure is not None or condition())

    async def stop(self) -> None:
        """End the task. What is unacknowledged stays so."""
        if self._task is None:
            return
        try:
            if self._session.is_open and not self._session.unacknowledged:
                await asyncio.wait([self._task], timeout=LINGER_SECONDS)
        finally:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=LINGER_SECONDS)

    async def _run(self) -> None:
        patience = ReconnectPolicy(
            self._target,
            self._connect_timeout,
            time.monotonic(),
            random.Random(),  # noqa: S311  spreads reconnects, no secret
        )
        try:
            async with grpc.aio.insecure_channel(self._target.address, CHANNEL_OPTIONS) as channel:
                stub = ingest_pb2_grpc.IngestServiceStub(channel)
                while not self._done():
                    await self._push(stub, patience)
        except Exception as error:  # noqa: BLE001  whatever ends the task, a waiting send raises
            async with self.changed:
                self.failure = error
                self.changed.notify_all()

    def _done(self) -> bool:
        return self._session.closing and not self._session.unacknowledged

    async def _push(
        self, stub: "ingest_pb2_grpc.IngestServiceAsyncStub", patience: ReconnectPolicy
    ) -> None:
        """One stream, from its opening to its end, and the pause after it."""
        call = stub.Push(self._requests(self._stream))
        try:
            async with asyncio.timeout(patience.opening_seconds(time.monotonic())) as opening:
                async for response in call:
                    opening.reschedule(None)
                    await self._heard(response, patience)
        except (grpc.aio.AioRpcError, TimeoutError):
            pass  # the status is read below, as that of a stream which ended well
        finally:
            call.cancel()
            await self._ended()
        if not self._done():
            code, details = await call.code(), await call.details()
            pause = patience.pause(code, details or "", time.monotonic())
            async with self.changed:
                await self.wait(self._done, pause)

    async def _heard(self, response: ingest_pb2.PushResponse, patience: ReconnectPolicy) -> None:
        async with self.changed:
            converters.apply(response, self._session)
            if response.HasField("opened"):
                patience.opened()
            else:
                patience.progressed()
            self.changed.notify_all()

    async def _ended(self) -> None:
        async with self.changed:
            self._stream += 1
            self._session.broken()
            self.changed.notify_all()

    async def _requests(self, stream: int) -> AsyncIterator[ingest_pb2.PushRequest]:
        """gRPC half-closes the stream when this ends."""
        yield converters.open_request(self._target, self._session.id)
        if await self._opened(stream):
            yield converters.clock_request(self._clock())
        while (frame := await self._next(stream)) is not None:
            yield converters.frame_request(frame)

    async def _opened(self, stream: int) -> bool:
        """Wait until the stream is open; False where it ends before."""
        async with self.changed:
            while stream == self._stream:
                if self._session.is_open:
                    return True
                await self.changed.wait()
        return False

    async def _next(self, stream: int) -> OfferedFrame | None:
        async with self.changed:
            while stream == self._stream:
                if (frame := self._session.next_to_send()) is not None:
                    return frame
                if self._session.closing and self._session.all_sent:
                    return None
                await self.changed.wait()
        return None
