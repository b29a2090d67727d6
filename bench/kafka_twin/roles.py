"""The services of a mesh without a model, each a process: `python -m bench.kafka_twin.roles ROLE`.

Ingest is framemesh's own, the worker is its dispatcher and committer around a model that does
nothing, and the ledger is the monitor's. What keeps frames and outcomes is one of two; the pipeline
is looked up on a nats-server in both.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

from pydantic import ByteSize

from bench.kafka_twin.kafka_plane import TUNED
from bench.kafka_twin.kinds import Kind
from bench.kafka_twin.pull import KafkaPull, consumer_settings
from bench.kafka_twin.sides import plane_of
from bench.kafka_twin.topics import Topic
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.ingest import app as ingest_app
from framemesh.ingest.settings import Settings as IngestSettings
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.monitor.projection.runner import BATCH_WINDOW_SECONDS
from framemesh.runtime import logs
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.broadcast import Broadcast
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import DataPlane, PullLimits
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.consume.received_message import (
    ReceivedMessage as JetStreamMessage,
)
from framemesh.runtime.messages.subjects import (
    accepted_subject,
    frames_subject,
    ledger_stream,
    outcomes_subject,
    shard_consumer,
    shard_stream,
)
from framemesh.runtime.settings import from_environment
from framemesh.runtime.tracing.otlp_sink import span_sink
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.group_sizes import MAX_GROUP, GroupSizes
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt, FrameProcessor
from framemesh.worker.tracing.frame_tracing import FrameTracing

PIPELINE = "street"
SPEC = PipelineSpec(
    PIPELINE,
    (StageSpec("people", "person", 1),),
    # As many bytes as the topic keeps: neither is full while a turn lasts.
    BufferSpec(shards=1, max_bytes=ByteSize(512 * 1024**2)),
)
GENERATION = Generation.of(1, SPEC)
(SHARD,) = GENERATION.all_shards(PIPELINE)

TOPICS = (
    Topic(
        shard_stream(SHARD),
        (frames_subject(SHARD, "*"),),
        consumers={shard_consumer(SHARD): (0,)},
    ),
    Topic(
        ledger_stream(PIPELINE),
        (outcomes_subject(PIPELINE, "*"), accepted_subject(PIPELINE, "*")),
        consumers={"monitor": (0,)},
    ),
)

HELD = 64
"""Frames that the worker works on at once; a real one has a few more than its models take."""

GROUPS = 5
"""At work at once, as with a model of two instances on two cores."""

LEDGER_FETCH_BYTES = 1024 * 1024
"""Above what comes within BATCH_WINDOW_SECONDS, so that the ledger is read as seldom on Kafka."""


@dataclass(frozen=True, slots=True)
class Where:
    """What a role connects to."""

    kind: Kind
    address: str
    """Of the broker that keeps frames and outcomes."""
    nats: str
    """Of that which knows the pipeline."""


async def ingest(where: Where, stop: asyncio.Event) -> None:
    """Settings come from the environment, as always."""
    if where.kind is Kind.KAFKA:

        @asynccontextmanager
        async def twin(_: Broker, __: SystemClock) -> AsyncIterator[DataPlane]:
            async with plane_of(where.kind, where.address, TUNED, *TOPICS) as plane:
                yield plane

        # The one line of its wiring that chooses a data plane.
        vars(ingest_app)["jetstream_plane"] = twin
    await ingest_app.run(from_environment(IngestSettings), stop)


async def worker(where: Where, stop: asyncio.Event) -> None:
    clock = SystemClock()
    outcomes = OutcomeFactory(PIPELINE, "null", SPEC.delivery, clock)

    async def no_model(group: FrameGroup) -> list[Attempt]:
        return [outcomes.done(each, InferenceResult(480, 270, ()), 1) for each in group.contexts]

    async with (
        plane_of(where.kind, where.address, TUNED, *TOPICS) as plane,
        span_sink("", "null") as spans,
    ):
        tracing = FrameTracing(spans, "null", SPEC, clock, live=True)
        committer = OutcomeCommitter(plane, outcomes, tracing)
        dispatcher = Dispatcher(
            plane,
            FrameProcessor((), no_model),
            outcomes,
            committer,
            SPEC.delivery,
            slots=HELD,
            groups=GroupSizes(GROUPS, BatchBound(MAX_GROUP)),
            held=HELD,
            clock=clock,
            dispatch_latency=lambda: 0.0,
        )
        source = FrameSource(shard_stream(SHARD), shard_consumer(SHARD))
        await dispatcher.run(stop, lambda until: dispatcher.draw(source, until))


class Ledger:
    """The ledger of the pipeline, and who waits for it."""

    def __init__(self) -> None:
        self._ledger = PipelineLedger()
        self._advanced = Broadcast()

    @property
    def done(self) -> int:
        return sum(each.done for each in self._ledger.cameras.accounts.values())

    def apply(self, message: ReceivedMessage) -> None:
        # Its annotation is of JetStream's messages; what it reads of them, all have.
        self._ledger.apply(cast("JetStreamMessage", message))
        self._advanced.notify()

    async def tell(self) -> None:
        """For each number on the input wait for so many outcomes, and print what the ledger is."""
        before = 0
        while line := await asyncio.to_thread(sys.stdin.readline):
            wanted = int(line)
            await self._advanced.wait_for(partial(self._has, wanted))
            print(json.dumps(self._told(wanted - before)), flush=True)
            before = wanted

    def _has(self, wanted: int) -> int | None:
        return self.done if self.done >= wanted else None

    def _told(self, newest: int) -> Mapping[str, float]:
        """With the ages of so many outcomes; the ledger keeps those of 2,000."""
        accounts = self._ledger.cameras.accounts.values()
        ages = sorted(self._ledger.state.ages[-newest:])
        return {
            "accepted": sum(each.accepted for each in accounts),
            "done": sum(each.done for each in accounts),
            "twice": self._ledger.cameras.duplicates,
            "p50_ms": 1000 * ages[len(ages) // 2],
            "p99_ms": 1000 * ages[int(0.99 * len(ages))],
        }


async def ledger(where: Where, stop: asyncio.Event) -> None:
    found = Ledger()
    reading = _read_kafka if where.kind is Kind.KAFKA else _read_jetstream
    async with background_task(reading(where, found)), background_task(found.tell()):
        await stop.wait()


async def _read_jetstream(where: Where, found: Ledger) -> None:
    async def apply(message: ReceivedMessage) -> None:
        found.apply(message)

    async with broker(where.address, "ledger") as nats:
        reader = OrderedReader(
            nats,
            ledger_stream(PIPELINE),
            SystemClock(),
            batch_window_seconds=BATCH_WINDOW_SECONDS,
        )
        await reader.read(apply)


async def _read_kafka(where: Where, found: Ledger) -> None:
    topic = TOPICS[1]
    settings = consumer_settings(where.address, topic.group("monitor")) | {
        "fetch.min.bytes": LEDGER_FETCH_BYTES,
        "fetch.wait.max.ms": round(1000 * BATCH_WINDOW_SECONDS),
    }
    arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
    limits = PullLimits(messages=512, bytes=8 * 1024 * 1024)
    pull = KafkaPull(
        settings,
        topic.name,
        (0,),
        partitions_of_topic=1,
        limits=limits,
        deliver=arrived.put_nowait,
    )
    try:
        async with background_task(pull.run()):
            while True:
                message = await arrived.get()
                found.apply(message)
                await message.ack()
                pull.done(message)
    finally:
        await pull.close()


ROLES = {"ingest": ingest, "worker": worker, "ledger": ledger}


async def run(role: str, where: Where) -> None:
    """Until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with TaskGroup() as tasks:
        tasks.create_task(ROLES[role](where, stop))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("kind", type=Kind)
    parser.add_argument("address")
    parser.add_argument("nats")
    given = parser.parse_args()
    logs.configure(given.role, "warning")
    asyncio.run(run(given.role, Where(given.kind, given.address, given.nats)))


if __name__ == "__main__":
    main()
