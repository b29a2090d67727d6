"""Load of cameras and workers: frames are published, pulled, given an outcome, and acked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from nats.js.api import Header

from framemesh.core.clock import SystemClock
from framemesh.core.frame import FrameId
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.puller import Puller, puller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher
from framemesh.runtime.messages.subjects import (
    frames_subject,
    ledger_stream,
    outcome_subject,
    outcomes_subject,
    shard_consumer,
    shard_stream,
)
from tests.integration.cluster.cluster import until_answered
from tests.waiting import eventually

CAMERAS = 8
PERIOD_SECONDS = 0.02
"""Between two frames of a camera: at most 400 frames a second together."""

FRAME_BYTES = 2000
LIMITS = PullLimits(messages=32, bytes=16 * 1024 * 1024)

DONE_SECONDS = 30.0
"""Until every frame has its outcome: those that a broken connection swallowed are delivered again
after the wait for their ack."""

POLL_SECONDS = 0.05


class Traffic:
    """The offered frames and their outcomes."""

    def __init__(self, spec: PipelineSpec) -> None:
        self._spec = spec
        self._generation = Generation.of(1, spec)
        self._ended = False
        self.accepted: list[str] = []
        """Subjects of the outcomes of the frames that the broker acknowledged."""
        self.outcomes: dict[str, int] = {}
        """Number of outcomes in the ledger of each frame, by subject; known at the end."""
        self.longest_publish = 0.0
        """Seconds until one frame was stored, with all its attempts."""
        self.longest_silence = 0.0
        """Seconds between two outcomes."""

    @property
    def shards(self) -> list[Shard]:
        return self._generation.all_shards(self._spec.name)

    async def camera(self, publish: Publisher, name: str) -> None:
        """Offer one frame after another until `end`."""
        sequence = 0
        while not self._ended:
            sequence += 1
            frame = FrameId(name, "s1", sequence)
            began = time.monotonic()
            await ReliableWriter(publish).write(self._message(frame))
            self.longest_publish = max(self.longest_publish, time.monotonic() - began)
            self.accepted.append(outcome_subject(self._spec.name, frame))
            await asyncio.sleep(PERIOD_SECONDS)

    def end(self) -> None:
        """Stop all cameras."""
        self._ended = True

    def _message(self, frame: FrameId) -> OutboundMessage:
        shard = self._generation.shard_of(self._spec.name, frame)
        return OutboundMessage(
            frames_subject(shard, frame.camera),
            bytes(FRAME_BYTES),
            id=outcome_subject(self._spec.name, frame),
        )

    async def worker(
        self, publish: Publisher, arrived: asyncio.Queue[tuple[Puller, ReceivedMessage]]
    ) -> None:
        """Store the outcome of one frame after another, and then ack it."""
        last = time.monotonic()
        while True:
            pull, delivery = await arrived.get()
            await ReliableWriter(publish).write(
                OutboundMessage(delivery.headers[Header.MSG_ID], b"")
            )
            await delivery.ack()
            pull.done(delivery)
            now = time.monotonic()
            self.longest_silence = max(self.longest_silence, now - last)
            last = now

    async def until_done(self, broker: Broker) -> None:
        """Wait until every accepted frame has an outcome, and the buffer is empty."""
        await eventually(lambda: until_answered(lambda: self._is_done(broker)), DONE_SECONDS)

    async def _is_done(self, broker: Broker) -> bool:
        self.outcomes = await _outcomes(broker, self._spec.name)
        pending = await BufferProvisioner(broker).pending(self._spec.name, self._generation)
        return pending == 0 and self.outcomes.keys() >= set(self.accepted)


async def _outcomes(broker: Broker, pipeline: str) -> dict[str, int]:
    answer = await broker.request(
        f"$JS.API.STREAM.INFO.{ledger_stream(pipeline)}",
        {"subjects_filter": outcomes_subject(pipeline, "*")},
    )
    counts: dict[str, int] = answer.get("state", {}).get("subjects") or {}
    return counts


@asynccontextmanager
async def _working(found: Traffic, broker: Broker) -> AsyncIterator[None]:
    """A worker for each shard, while the context lasts."""
    async with AsyncExitStack() as stack:
        publish = await stack.enter_async_context(publisher(broker))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running: list[asyncio.Task[None]] = []
        for shard in found.shards:
            # Bounded by the limits of the pull.
            arrived: asyncio.Queue[tuple[Puller, ReceivedMessage]] = asyncio.Queue()
            pull = await stack.enter_async_context(_pulling(broker, shard, arrived))
            running += [
                tasks.create_task(pull.run()),
                tasks.create_task(found.worker(publish, arrived)),
            ]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


@asynccontextmanager
async def _pulling(
    broker: Broker, shard: Shard, arrived: asyncio.Queue[tuple[Puller, ReceivedMessage]]
) -> AsyncIterator[Puller]:
    def deliver(delivery: ReceivedMessage) -> None:
        arrived.put_nowait((pull, delivery))

    async with puller(
        broker,
        shard_stream(shard),
        shard_consumer(shard),
        limits=LIMITS,
        deliver=deliver,
        clock=SystemClock(),
    ) as pull:
        yield pull


@asynccontextmanager
async def traffic(spec: PipelineSpec, ingest: Broker, worker: Broker) -> AsyncIterator[Traffic]:
    """Frames flow while the context lasts; when it has ended, each of them has its outcome.

    `ingest` publishes and `worker` pulls.
    """
    found = Traffic(spec)
    buffer = BufferProvisioner(ingest)
    await until_answered(lambda: buffer.provision(spec, Generation.of(1, spec)))
    async with _working(found, worker), publisher(ingest) as publish:
        async with asyncio.TaskGroup() as cameras:
            for number in range(CAMERAS):
                cameras.create_task(found.camera(publish, f"camera-{number}"))
            yield found
            found.end()
        await found.until_done(ingest)
