"""The task that drives an `AsyncCamera`."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.steps import NO_WAIT, Steps, Stream, Wait
from framemesh.sdk.transport import converters
from framemesh.sdk.transport.channel import CLOSE_SECONDS, RENEW_SECONDS, Channels
from framemesh.sdk.transport.disk_thread import DiskThread
from framemesh.sdk.transport.spooling import DISK_SECONDS, OpenSpool, spool_of, tell_if_open
from framemesh.sdk.transport.token import TokenUnavailable, token_metadata

T = TypeVar("T")

TURN_SECONDS = 0.005
"""After so long the task that sends has a turn, however little there is to send."""


class TaskDriver:
    """Does for a core what needs an event loop or a socket."""

    def __init__(self, core: CameraCore) -> None:
        self._core = core
        self._channels = Channels(core.options.tls)
        self._changed = asyncio.Event()
        """Set, and replaced, when the core changed."""
        self._task: asyncio.Task[None] | None = None
        self._spool = spool_of(core)
        self._disk_task: asyncio.Task[None] | None = None
        self._turn_at = 0.0
        """When `give_turn` last gave one, in seconds of the monotonic clock."""

    def start(self) -> bool:
        """Connect, if that did not begin yet; whether it begins now."""
        begins = self._core.start()
        if begins:
            # Owned here and awaited in stop: a task group would have to span the camera's methods.
            name = f"framemesh-{self._core.target.camera}"
            self._task = asyncio.create_task(self._run(), name=name)
            if self._spool is not None:
                self._disk_task = asyncio.create_task(
                    self._run_disk(self._spool, f"{name}-spool"), name=f"{name}-spool"
                )
        return begins

    async def give_turn(self) -> None:
        """Let the task send, where it has had no turn for a while or a whole message waits: a
        program that sends in a loop, and waits for nothing else, would never let it."""
        now = time.monotonic()
        if self._core.fills_message or now > self._turn_at + TURN_SECONDS:
            self._turn_at = now
            await asyncio.sleep(0)

    async def call(self, event: Callable[[], T], after: Wait = NO_WAIT) -> T:
        """Report an event to the core once a wait is over; returns and raises what it does."""
        await self.wait(after)
        result = event()
        self._renew()
        self._changed.set()
        self._changed = asyncio.Event()
        return result

    async def stop(self) -> None:
        """End the task, after the stream if that ends by itself."""
        if self._task is None:
            return
        try:
            if self._core.ends_by_itself:
                await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
        finally:
            await self.call(self._core.stop)
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
            if self._disk_task is not None:
                await asyncio.wait([self._disk_task], timeout=DISK_SECONDS)
                tell_if_open(self._core, not self._disk_task.done())
                self._disk_task.cancel()

    async def _next(self, steps: Steps[T]) -> T | None:
        """The next value, after the waits before it; None at the end."""
        for step in steps:
            if not isinstance(step, Wait):
                return step
            await self.wait(step)
        return None

    async def wait(self, wait: Wait) -> None:
        if wait.is_over():
            return
        seconds = None if wait.seconds == math.inf else wait.seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not wait.is_over():
                    await self._change()

    async def _change(self) -> None:
        """Wait for one, or until it is time to look at the certificates."""
        if not self._channels.encrypted:
            await self._changed.wait()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RENEW_SECONDS):
                await self._changed.wait()
        self._renew()

    def _renew(self) -> None:
        """Go over to another connection where there is another certificate."""
        if self._channels.outdated():
            self._core.renew()

    async def _run(self) -> None:
        try:
            streams = self._core.streams()
            while (stream := await self._next(streams)) is not None:
                async with self._channels.open_aio(stream.address) as channel:
                    await self._push(ingest_pb2_grpc.IngestServiceStub(channel), stream)
        except Exception as error:  # noqa: BLE001  whatever ends the task, a waiting send raises
            await self.call(partial(self._core.failed, error))

    async def _run_disk(self, spool: OpenSpool, name: str) -> None:
        """Do on the disk what the core asks for."""
        thread = DiskThread(name)
        try:
            opened = await thread.call(spool.open)
            await self.call(partial(self._core.spool_opened, opened))
            works = self._core.disk_work()
            while (work := await self._next(works)) is not None:
                done = await thread.call(partial(spool.perform, work))
                await self.call(partial(self._core.disk_done, work, done))
            await thread.call(spool.close)
        except Exception as error:  # noqa: BLE001  as above
            await self.call(partial(self._core.failed, error))
        finally:
            thread.stop(spool.close)

    async def _push(self, stub: "ingest_pb2_grpc.IngestServiceAsyncStub", stream: Stream) -> None:
        """Serve one stream, from its opening to its end."""
        try:
            metadata = await asyncio.to_thread(token_metadata, self._core.options.token)
        except TokenUnavailable as error:
            code = grpc.StatusCode.UNAVAILABLE
            await self.call(partial(self._core.stream_ended, code, str(error)))
            return
        call = stub.Push(self._requests(stream), metadata=metadata)
        try:
            # Its status is read below, as is that of a stream which ended well.
            with contextlib.suppress(grpc.aio.AioRpcError, TimeoutError):
                async with asyncio.timeout(stream.opening_seconds) as opening:
                    async for response in call:
                        opening.reschedule(None)
                        await self.call(partial(converters.apply, response, self._core))
        finally:
            call.cancel()
        code, details = await call.code(), await call.details() or ""
        suspect = self._channels.suspects(code, details)
        fault = await asyncio.to_thread(self._channels.fault, stream.address) if suspect else ""
        await self.call(partial(self._core.stream_ended, code, details, fault))

    async def _requests(self, stream: Stream) -> AsyncIterator[ingest_pb2.PushRequest]:
        """gRPC half-closes the stream when this ends."""
        requests = self._core.requests(stream)
        try:
            while (step := await self._next(requests)) is not None:
                yield converters.to_proto(step.request)
        except Exception as error:  # noqa: BLE001
            # Whatever cannot be sent could not be on the next stream either.
            await self.call(partial(self._core.failed, error))
