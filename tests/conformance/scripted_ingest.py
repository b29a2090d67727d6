"""A real gRPC server whose answers a scenario says, and which keeps the bytes that came."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio

from framemesh.api.ingest.v1 import ingest_pb2
from tests.conformance.scenario import Action

SERVICE = "framemesh.api.ingest.v1.IngestService"

MIB = 1 << 20

UNKNOWN_ANSWER = b"\xfa\x3f\x00"
"""Field 1023 of a PushResponse, empty: what a newer ingest may say."""


@dataclass
class Stream:
    """What one stream brought."""

    address: int
    opening: ingest_pb2.OpenSession
    raw: list[bytes] = field(default_factory=list)
    """All requests, as they came."""
    frames: list[ingest_pb2.Frame] = field(default_factory=list)
    clocks: list[ingest_pb2.ClockReading] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    """How many frames each message with frames had."""

    @property
    def sequences(self) -> list[int]:
        return [frame.sequence for frame in self.frames]


class Gates:
    """Events by name, between a scenario's streams and its steps."""

    def __init__(self) -> None:
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def open(self, name: str) -> None:
        self._events[name].set()

    async def passed(self, name: str) -> None:
        async with asyncio.timeout(20):
            await self._events[name].wait()


class ScriptedIngest:
    """Every stream follows the next script; the last one is for all that come after."""

    def __init__(self, scripts: tuple[tuple[Action, ...], ...], gates: Gates) -> None:
        self._scripts = scripts
        self._gates = gates
        self.streams: list[Stream] = []
        self.addresses: list[str] = []

    @asynccontextmanager
    async def serving(self, addresses: int) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for index in range(addresses):
                server = grpc.aio.server()
                server.add_generic_rpc_handlers((self._handler(index),))
                port = server.add_insecure_port("127.0.0.1:0")
                await server.start()
                stack.push_async_callback(server.stop, None)
                self.addresses.append(f"127.0.0.1:{port}")
            yield

    def _handler(self, address: int) -> grpc.GenericRpcHandler:
        async def push(requests: AsyncIterator[bytes], context: Any) -> None:
            await self._push(requests, context, address)

        method: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(push)
        return grpc.method_handlers_generic_handler(SERVICE, {"Push": method})

    async def _push(self, requests: AsyncIterator[bytes], context: Any, address: int) -> None:
        raw = await anext(aiter(requests))
        opening = ingest_pb2.PushRequest.FromString(raw).open
        stream = Stream(address, opening, [raw])
        self.streams.append(stream)
        script = self._scripts[min(len(self.streams), len(self._scripts)) - 1]
        await Script(stream, requests, context, self._gates).follow(script)


class Script:
    """Does with one stream what its script says, one method for each action."""

    def __init__(
        self, stream: Stream, requests: AsyncIterator[bytes], context: Any, gates: Gates
    ) -> None:
        self._stream = stream
        self._requests = aiter(requests)
        self._context = context
        self._gates = gates
        self._reading: asyncio.Future[bytes] | None = None
        self._unread: deque[ingest_pb2.Frame] = deque()

    async def follow(self, script: tuple[Action, ...]) -> None:
        try:
            for name, given in script:
                action: Callable[[Any], Awaitable[None]] = getattr(self, f"_{name}")
                await action(given)
        finally:
            if self._reading is not None:
                self._reading.cancel()

    async def _open(self, given: dict[str, Any]) -> None:
        credit = ingest_pb2.Credit(frames=given["frames"], bytes=given.get("bytes", MIB))
        opened = ingest_pb2.SessionOpened(credit=credit, max_frame_bytes=given.get("largest", MIB))
        if "per_message" in given:
            opened.per_message.frames, opened.per_message.bytes = given["per_message"]
        await self._answer(ingest_pb2.PushResponse(opened=opened))

    async def _receive(self, count: int) -> None:
        for _ in range(count):
            assert await self._frame() is not None, "the camera half-closed"

    async def _quiet(self, seconds: float) -> None:
        """Nothing comes for so long."""
        frame = asyncio.ensure_future(self._frame())
        done, _ = await asyncio.wait([frame], timeout=seconds)
        assert not done, "a frame came for which there was no credit"
        frame.cancel()

    async def _accept(self, sequences: list[int]) -> None:
        await self._acknowledge(ingest_pb2.Acknowledgement(accepted=sequences))

    async def _reject(self, given: dict[str, Any]) -> None:
        rejected = [rejection(number, given["reason"]) for number in given["sequences"]]
        await self._acknowledge(ingest_pb2.Acknowledgement(rejected=rejected))

    async def _accept_each(self, _: bool) -> None:
        while (frame := await self._frame()) is not None:
            await self._accept([frame.sequence])

    async def _accept_next(self, count: int) -> None:
        """Each of so many frames; the stream may end before."""
        for _ in range(count):
            if (frame := await self._frame()) is None:
                return
            await self._accept([frame.sequence])

    async def _answer_each(self, given: dict[str, str]) -> None:
        while (frame := await self._frame()) is not None:
            if frame.filtered:
                await self._reject({"sequences": [frame.sequence], "reason": "FILTERED"})
            elif frame.withheld_bytes:
                await self._reject({"sequences": [frame.sequence], "reason": given["withheld"]})
            else:
                await self._accept([frame.sequence])

    async def _query(self, number: int) -> None:
        query = ingest_pb2.ClockQuery(id=number)
        known = len(self._stream.clocks)
        await self._answer(ingest_pb2.PushResponse(clock_query=query))
        async with asyncio.timeout(20):
            while len(self._stream.clocks) == known:
                await self._request()

    async def _hint(self, given: dict[str, float]) -> None:
        await self._answer(ingest_pb2.PushResponse(hint=ingest_pb2.Hint(**given)))

    async def _unknown(self, _: bool) -> None:
        await self._context.write(UNKNOWN_ANSWER)

    async def _tell(self, gate: str) -> None:
        self._gates.open(gate)

    async def _wait(self, gate: str) -> None:
        await self._gates.passed(gate)

    async def _end(self, status: str) -> None:
        if status != "OK":
            await self._context.abort(grpc.StatusCode[status], "as the scenario says")

    async def _hang(self, _: bool) -> None:
        await asyncio.Event().wait()

    async def _frame(self) -> ingest_pb2.Frame | None:
        """The next frame; None once the camera half-closed."""
        while not self._unread:
            if not await self._request():
                return None
        self._stream.frames.append(self._unread.popleft())
        return self._stream.frames[-1]

    async def _request(self) -> bool:
        """Read one request; False once the camera half-closed. May be cancelled."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(anext(self._requests))
        try:
            raw = await asyncio.shield(self._reading)
        except StopAsyncIteration:
            return False
        self._reading = None
        request = ingest_pb2.PushRequest.FromString(raw)
        self._stream.raw.append(raw)
        if request.HasField("clock"):
            self._stream.clocks.append(request.clock)
        else:
            frames = request.frames.frames if request.HasField("frames") else [request.frame]
            self._stream.messages.append(len(frames))
            self._unread += frames
        return True

    async def _acknowledge(self, answer: ingest_pb2.Acknowledgement) -> None:
        await self._answer(ingest_pb2.PushResponse(acknowledgement=answer))

    async def _answer(self, response: ingest_pb2.PushResponse) -> None:
        await self._context.write(response.SerializeToString())


def rejection(sequence: int, reason: str | int) -> ingest_pb2.Rejection:
    """A reason by its name without prefix, or by a number that nobody knows."""
    number = reason
    if isinstance(reason, str):
        number = ingest_pb2.RejectionReason.Value(f"REJECTION_REASON_{reason}")
    return ingest_pb2.Rejection(sequence=sequence, reason=number, message="why")  # type: ignore[arg-type]
