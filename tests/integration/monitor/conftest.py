"""A monitor on a real nats-server, and what writes its ledger."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import grpc.aio
import pytest

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher
from framemesh.runtime.messages import acceptance_message, dead_letter_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance
from framemesh.runtime.messages.dead_letter_message import DeadLetter
from tests.integration.services.running import monitor, stand_pipeline

CAPTURED = 1_700_000_000_000_000_000
ANSWER_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Writer:
    """Writes what ingest and workers write."""

    publish: Publisher

    async def accept(self, camera: str, *ranges: tuple[int, int], session: str = "s1") -> None:
        entry = Acceptance(camera, session, ranges)
        await self._store(acceptance_message.to_message("street", [entry]))

    async def complete(
        self,
        camera: str,
        sequences: Iterable[int],
        fate: Fate = Fate.DONE,
        reason: str = "",
        session: str = "s1",
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            for sequence in sequences:
                completed = outcome(camera, sequence, fate, reason, session)
                tasks.create_task(self._store(outcome_message.to_message(completed)))

    async def store_dead_letters(self, camera: str, *sequences: int, session: str = "s1") -> None:
        """Dead letters, stored one after the other."""
        for sequence in sequences:
            letter = dead_letter(FrameId(camera, session, sequence))
            await self._store(dead_letter_message.to_message("street", letter))

    async def bury(self, camera: str, sequence: int, image: bytes, session: str = "s1") -> None:
        """A dead letter with an image of its own."""
        frame = Frame(FrameId(camera, session, sequence), CAPTURED, image, zlib.crc32(image))
        letter = replace(dead_letter(frame.id), frame=frame)
        await self._store(dead_letter_message.to_message("street", letter))

    async def complete_again(self, camera: str, sequence: int) -> None:
        """A second outcome, by somebody who does not write it as an outcome must be written."""
        message = outcome_message.to_message(outcome(camera, sequence))
        await self._store(replace(message, id=f"again/{camera}/{sequence}"))

    async def garbage(self) -> None:
        for subject in ("accepted.street.north", "outcomes.street.north.s.0"):
            await self._store(OutboundMessage(subject, b"\xff\xff\xff", f"garbage/{subject}"))
        await self._store(OutboundMessage("outcomes.street.north.s.0", b"", "garbage/empty"))

    async def _store(self, message: OutboundMessage) -> None:
        await ReliableWriter(self.publish).write(message)


def outcome(
    camera: str, sequence: int, fate: Fate = Fate.DONE, reason: str = "", session: str = "s1"
) -> Outcome:
    return Outcome(
        frame=FrameId(camera, session, sequence),
        pipeline="street",
        fate=fate,
        captured_unix_nano=CAPTURED,
        completed_unix_nano=CAPTURED + sequence * 1_000_000,
        completed_by="test",
        reason=reason,
    )


def dead_letter(frame: FrameId) -> DeadLetter:
    image = f"image of {frame}".encode()
    return DeadLetter(
        frame=Frame(frame, CAPTURED, image, zlib.crc32(image)),
        reason="undecodable",
        detail="bad marker:\n0xff 100% \u00e4",
        attempts=3,
        worker="w1",
        died_unix_nano=CAPTURED + frame.sequence,
    )


async def status(channel: grpc.aio.Channel, name: str = "street") -> monitor_pb2.PipelineStatus:
    stub = monitor_pb2_grpc.MonitorServiceStub(channel)
    answer = await stub.GetStatus(monitor_pb2.GetStatusRequest(pipeline=name))
    return answer.pipelines[0]


async def ledgers(channel: grpc.aio.Channel) -> dict[str, dict[str, int]]:
    """Camera -> what is not 0 in its ledger."""
    found = await status(channel)
    return {
        each.camera: {
            name: getattr(each, name)
            for name in (
                "offered",
                "accepted",
                "rejected",
                "done",
                "expired",
                "superseded",
                "dead",
                "pending",
            )
            if getattr(each, name)
        }
        for each in found.cameras
    }


Call = grpc.aio.UnaryStreamCall[monitor_pb2.WatchResultsRequest, monitor_pb2.WatchResultsResponse]


@dataclass
class Watch:
    """One caller who watches results."""

    call: Call
    resume_token: str = ""
    """Of the last outcome that was taken, or of the place where the watch began."""

    async def take(self, count: int) -> list[tuple[str, int]]:
        """Camera and sequence number of the next outcomes."""
        found: list[tuple[str, int]] = []
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            while len(found) < count:
                response = await self.call.read()
                assert isinstance(response, monitor_pb2.WatchResultsResponse), "it ended"
                frame, self.resume_token = response.outcome.frame, response.resume_token
                found.append((frame.camera, frame.sequence))
        return found


@asynccontextmanager
async def watching(
    channel: grpc.aio.Channel,
    *cameras: str,
    from_start: bool = False,
    resume_token: str = "",
) -> AsyncIterator[Watch]:
    """Watch; what is written after the context began will come."""
    request = monitor_pb2.WatchResultsRequest(
        pipeline="street", cameras=cameras, from_start=from_start, resume_token=resume_token
    )
    call = monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request)
    metadata = dict(await call.initial_metadata() or ())
    try:
        yield Watch(call, str(metadata.get("resume-token", "")))
    finally:
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call.code()


@pytest.fixture
async def pipeline(nats_broker: Broker) -> PipelineSpec:
    return await stand_pipeline(nats_broker)


@pytest.fixture
async def writer(nats_broker: Broker, pipeline: PipelineSpec) -> AsyncIterator[Writer]:
    async with publisher(nats_broker) as publish:
        yield Writer(publish)


@pytest.fixture
async def channel(nats_url: str, pipeline: PipelineSpec) -> AsyncIterator[grpc.aio.Channel]:
    async with monitor(nats_url) as connected:
        yield connected
