"""An ingest with one pipeline on a real nats-server, and a camera of raw stubs."""

import asyncio
import contextlib
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import cv2
import grpc.aio
import numpy as np
import pytest
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from framemesh.api.common.v1 import acceptance_pb2, outcome_pb2
from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages.subjects import frames_stream, ledger_stream
from tests.integration.services.running import ingest, stand_pipeline

CAPTURED = 1_700_000_000_000_000_000
ANSWER_TIMEOUT_SECONDS = 20.0


def jpeg(seed: int, size: int = 0) -> bytes:
    """A JPEG of its own for each seed; of exactly `size` bytes, if given."""
    picture = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8)
    image = cv2.imencode(".jpg", picture)[1].tobytes()
    return image.ljust(size, b"\0")


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that declares so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def frame(sequence: int, image: bytes, withheld_bytes: int = 0) -> ingest_pb2.PushRequest:
    return ingest_pb2.PushRequest(
        frame=ingest_pb2.Frame(
            sequence=sequence,
            captured_unix_nano=CAPTURED + sequence,
            image=image,
            withheld_bytes=withheld_bytes,
        )
    )


def together(*requests: ingest_pb2.PushRequest) -> ingest_pb2.PushRequest:
    """One message of several frames."""
    frames = ingest_pb2.Frames(frames=[request.frame for request in requests])
    return ingest_pb2.PushRequest(frames=frames)


@dataclass
class Push:
    """One stream of one camera."""

    call: "grpc.aio.StreamStreamCall[ingest_pb2.PushRequest, ingest_pb2.PushResponse]"
    accepted: list[int] = field(default_factory=list)
    rejected: dict[int, ingest_pb2.Rejection] = field(default_factory=dict)
    queries: list[int] = field(default_factory=list)
    """Ids of those of the clock."""
    hints: list[ingest_pb2.Hint] = field(default_factory=list)

    async def open(
        self, camera: str = "north", session: str = "s1", pipeline: str = "street"
    ) -> ingest_pb2.SessionOpened:
        """Raises AioRpcError where ingest refuses."""
        request = ingest_pb2.OpenSession(pipeline=pipeline, camera=camera, session=session)
        await self.call.write(ingest_pb2.PushRequest(open=request))
        return (await self._read()).opened

    async def send(self, *frames: ingest_pb2.PushRequest) -> None:
        for each in frames:
            await self.call.write(each)

    async def answered(self, count: int) -> None:
        """Read until so many frames have their answer."""
        while len(self.accepted) + len(self.rejected) < count:
            await self.take_answer()

    async def take_answer(self) -> None:
        """Read one acknowledgement; raises AioRpcError where the stream ends otherwise."""
        response = await self._read()
        if response.HasField("clock_query"):
            self.queries.append(response.clock_query.id)
        if response.HasField("hint"):
            self.hints.append(response.hint)
        answer = response.acknowledgement
        self.accepted += answer.accepted
        self.rejected |= {each.sequence: each for each in answer.rejected}

    async def asked(self) -> int:
        """Read until the clock is asked for; returns the id of the query."""
        while not self.queries:
            await self.take_answer()
        return self.queries[-1]

    async def finish(self) -> None:
        """Half-close, and read to the end; raises AioRpcError where that is not OK."""
        await self.call.done_writing()
        with contextlib.suppress(EOFError):
            while True:
                await self.take_answer()

    async def _read(self) -> ingest_pb2.PushResponse:
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            response = await self.call.read()
        if not isinstance(response, ingest_pb2.PushResponse):
            raise EOFError
        return response


def push(channel: grpc.aio.Channel) -> Push:
    return Push(ingest_pb2_grpc.IngestServiceStub(channel).Push())


@dataclass(frozen=True)
class Stored:
    """What the streams of a pipeline hold."""

    frames: dict[str, tuple[int, bytes]]
    """Frame id -> capture time and image, in the order of the streams."""
    digests: dict[str, str]
    """Frame id -> what is said of the image's CRC-32."""
    accepted: list[tuple[str, int, int]]
    """Session, first and last sequence number, in the order of the ledger."""
    outcomes: list[outcome_pb2.Outcome]

    @property
    def recorded(self) -> list[int]:
        """All sequence numbers on record as accepted."""
        return sorted(n for _, a, b in self.accepted for n in range(a, b + 1))


async def stored(broker: Broker, spec: PipelineSpec) -> Stored:
    """Read everything that the pipeline has."""
    found = Stored({}, {}, [], [])
    for index in range(spec.buffer.streams):
        async for message in _messages(broker, frames_stream(spec.name, 1, index)):
            headers = message.headers or {}
            name = headers["Nats-Msg-Id"]
            assert name not in found.frames, "stored twice"
            found.frames[name] = (int(headers["Framemesh-Captured"]), message.data or b"")
            found.digests[name] = headers["Framemesh-Crc32"]
    async for message in _messages(broker, ledger_stream(spec.name)):
        subject, data = message.subject or "", message.data or b""
        if subject.startswith("accepted."):
            several = acceptance_pb2.Acceptances.FromString
            single = acceptance_pb2.Acceptance.FromString
            for entry in several(data).entries if subject.endswith(".+") else [single(data)]:
                found.accepted.extend((entry.session, r.first, r.last) for r in entry.ranges)
        else:
            found.outcomes.append(outcome_pb2.Outcome.FromString(message.data or b""))
    return found


async def _messages(broker: Broker, stream: str) -> AsyncIterator[RawStreamMsg]:
    state = (await broker.request(f"$JS.API.STREAM.INFO.{stream}", {}))["state"]
    for sequence in range(max(1, state["first_seq"]), state["last_seq"] + 1):
        with contextlib.suppress(NotFoundError):
            yield await broker.client.jetstream().get_msg(stream, sequence)


@pytest.fixture
async def pipeline(nats_broker: Broker) -> PipelineSpec:
    """The pipeline `street`, with room for 64 MiB."""
    return await stand_pipeline(nats_broker)


@pytest.fixture
async def channel(nats_url: str, pipeline: PipelineSpec) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to an ingest that serves."""
    async with ingest(nats_url) as connected:
        yield connected
