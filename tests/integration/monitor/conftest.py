"""A monitor on a real nats-server, and what writes its ledger."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import grpc.aio
import pytest

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline import PipelineSpec
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.persistence import store_until_stored
from framemesh.runtime.jetstream.publisher import Outgoing, Publisher, publisher
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance
from tests.integration.services.running import monitor, stand_pipeline

CAPTURED = 1_700_000_000_000_000_000
ANSWER_SECONDS = 20.0


@dataclass(frozen=True)
class Writer:
    """Writes what ingest and workers write."""

    publish: Publisher

    async def accept(self, camera: str, *ranges: tuple[int, int], session: str = "s1") -> None:
        entry = Acceptance(camera, session, ranges)
        await self._store(acceptance_message.to_message("street", entry))

    async def seal(
        self, camera: str, sequences: Iterable[int], fate: Fate = Fate.DONE, reason: str = ""
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            for sequence in sequences:
                message = outcome_message.to_message(outcome(camera, sequence, fate, reason))
                tasks.create_task(self._store(message))

    async def seal_again(self, camera: str, sequence: int) -> None:
        """A second outcome that the broker does not take for the first."""
        message = outcome_message.to_message(outcome(camera, sequence))
        await self._store(replace(message, id=f"again/{message.id}"))

    async def garbage(self) -> None:
        for kind in ("accepted", "outcomes"):
            await self._store(Outgoing(f"{kind}.street.north", f"garbage/{kind}", b"\xff\xff\xff"))
        await self._store(Outgoing("outcomes.street.north", "garbage/empty", b""))

    async def _store(self, message: Outgoing) -> None:
        await store_until_stored(self.publish, message)


def outcome(camera: str, sequence: int, fate: Fate = Fate.DONE, reason: str = "") -> Outcome:
    return Outcome(
        frame=FrameId(camera, "s1", sequence),
        pipeline="street",
        fate=fate,
        captured_unix_nano=CAPTURED,
        completed_unix_nano=CAPTURED + sequence * 1_000_000,
        sealed_by="test",
        reason=reason,
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

    async def take(self, count: int) -> list[tuple[str, int]]:
        """Camera and sequence number of the next outcomes."""
        found: list[tuple[str, int]] = []
        async with asyncio.timeout(ANSWER_SECONDS):
            while len(found) < count:
                response = await self.call.read()
                assert isinstance(response, monitor_pb2.WatchResultsResponse), "it ended"
                frame = response.outcome.frame
                found.append((frame.camera, frame.sequence))
        return found


@asynccontextmanager
async def watching(
    channel: grpc.aio.Channel, *cameras: str, from_start: bool = False
) -> AsyncIterator[Watch]:
    """Watch; what is written after the context began will come."""
    request = monitor_pb2.WatchResultsRequest(
        pipeline="street", cameras=cameras, from_start=from_start
    )
    call = monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request)
    await call.initial_metadata()
    try:
        yield Watch(call)
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
