"""One load with one way to choose the number of workers, on a running mesh."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import cv2
import grpc.aio
import numpy as np
from pydantic import ByteSize

from bench.scaling.loads import LOADS, SECONDS, Load, arrivals
from bench.scaling.rivals import MOST, SHRINK_SECONDS, Rival, Seen
from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import BufferSpec, ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.history.event_log import EventLog
from framemesh.master.history.events import EventKind
from framemesh.master.scaling.backlog import Backlog, BacklogSample
from framemesh.master.scaling.measure import BufferCounter
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages import pipeline_message
from framemesh.sdk import AsyncCamera
from tests.e2e.mesh import Mesh

MODEL = "simulated"
WORKER_RATE = 12.5
"""Frames a second of the simulated accelerator of a worker: 80 ms a frame."""

OBJECTIVE = timedelta(seconds=2)
CAMERAS = 8
SAMPLE_SECONDS = 0.25
DECIDE_EVERY = 4
"""Samples between two decisions of a rival."""


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    """Seconds since the load began."""
    offered: float
    """Frames a second, as the load says."""
    pending: int
    growth: float
    """Frames a second."""
    wanted: int
    ready: int
    workers: int
    """That there are: starting, ready or stopping. Each costs."""


@dataclass(frozen=True, slots=True)
class Run:
    load: str
    scaler: str
    samples: Sequence[Sample]
    ages: Sequence[float]
    """Seconds from capture to outcome, of all frames."""
    decisions: Sequence[str]
    added_at: float | None
    """When the first worker that was added completed its first frame, in seconds since the load
    began."""

    @property
    def worker_seconds(self) -> float:
        return sum(sample.workers for sample in self.samples) * SAMPLE_SECONDS

    @property
    def age_p99(self) -> float:
        return float(np.percentile(self.ages, 99))

    @property
    def late(self) -> int:
        return sum(age > OBJECTIVE.total_seconds() for age in self.ages)

    @property
    def changes_of_direction(self) -> int:
        steps = [
            after.wanted - before.wanted
            for before, after in pairwise(self.samples)
            if after.wanted != before.wanted
        ]
        return sum(
            math.copysign(1, one) != math.copysign(1, other) for one, other in pairwise(steps)
        )


async def run(mesh: Mesh, broker: Broker, load: str, scaler: str, rival: Rival | None) -> Run:
    """Apply a pipeline, send the load, and wait for the last outcome.

    Args:
        rival: who chooses the number of workers; None: the mesh itself.
    """
    name = f"{load}-{scaler}"
    first = rival.workers(Seen(0, 0, 0, 0, 1, WORKER_RATE)) if rival else 1
    spec = PipelineSpec(
        name,
        (StageSpec("only", MODEL),),
        BufferSpec(max_bytes=ByteSize(512 * 1024**2)),
        workers=WorkersSpec(
            first,
            first if rival else MOST,
            ObjectiveSpec(OBJECTIVE),
            timedelta(seconds=SHRINK_SECONDS),
        ),
    )
    await mesh.apply(spec)
    async with grpc.aio.insecure_channel(mesh.run.master) as channel:
        watch = _Watch(channel, broker, spec, LOADS[load], rival)
        await watch.until_ready(first)
        async with background_task(watch.run()):
            sent = await send_load(mesh, name, LOADS[load])
        outcomes = await mesh.outcomes(name, sent)
        added_at = _added_at(outcomes, first, watch.began_unix_nano)
        decisions = await watch.decisions()
    await mesh.delete(name)
    return Run(
        load, scaler, watch.samples, [age_of(each) for each in outcomes], decisions, added_at
    )


class _Watch:
    """Samples what there is, and lets a rival decide."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        broker: Broker,
        spec: PipelineSpec,
        load: Load,
        rival: Rival | None,
    ) -> None:
        self._pipelines = pipeline_pb2_grpc.PipelineServiceStub(channel)
        self._nodes = node_pb2_grpc.NodeServiceStub(channel)
        self._broker = broker
        self._store = PipelineStore(broker)
        self._counter = BufferCounter(broker)
        self._spec = spec
        self._load = load
        self._rival = rival
        self.began_unix_nano = 0
        self.samples: list[Sample] = []

    async def until_ready(self, count: int) -> None:
        while (await self._pipeline()).ready_workers < count:
            await asyncio.sleep(SAMPLE_SECONDS)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        began, backlog = loop.time(), Backlog(10.0)
        self.began_unix_nano = SystemClock().unix_nano()
        stored = await self._store.get(self._spec.name)
        number = 0
        while True:
            at = loop.time() - began
            count = await self._counter.count(stored)
            found = await self._pipeline()
            backlog.add(BacklogSample(at, count.arrived, count.pending, found.ready_workers))
            self.samples.append(
                Sample(
                    at,
                    self._load(at),
                    count.pending,
                    backlog.growth(1.0) or 0.0,
                    found.wanted_workers,
                    found.ready_workers,
                    await self._workers(),
                )
            )
            number += 1
            if self._rival and number % DECIDE_EVERY == 0:
                await self._decide(self._rival, at, backlog, found)
            await asyncio.sleep(max(0.0, began + number * SAMPLE_SECONDS - loop.time()))

    async def decisions(self) -> list[str]:
        """Of the mesh, with their reasons."""
        events = await EventLog(self._broker, SystemClock()).of(self._spec.name)
        return [
            f"{event.at:%H:%M:%S} {event.message}"
            for event in events
            if event.kind is EventKind.SCALED
        ]

    async def _decide(
        self, rival: Rival, at: float, backlog: Backlog, found: pipeline_pb2.Pipeline
    ) -> None:
        now = backlog.now
        assert now is not None
        seen = Seen(
            at,
            now.pending,
            backlog.processed(2.0) or 0.0,
            found.ready_workers,
            found.wanted_workers,
            WORKER_RATE,
        )
        count = rival.workers(seen)
        if count != found.wanted_workers:
            workers = replace(self._spec.workers, min=count, max=count)
            spec = pipeline_message.to_proto(replace(self._spec, workers=workers))
            await self._pipelines.ApplyPipeline(pipeline_pb2.ApplyPipelineRequest(spec=spec))

    async def _pipeline(self) -> pipeline_pb2.Pipeline:
        request = pipeline_pb2.GetPipelineRequest(name=self._spec.name)
        return (await self._pipelines.GetPipeline(request)).pipeline

    async def _workers(self) -> int:
        answer = await self._nodes.ListNodes(node_pb2.ListNodesRequest())
        return sum(
            worker.pipeline == self._spec.name
            for status in answer.nodes
            for worker in status.node.workers
        )


async def send_load(mesh: Mesh, pipeline: str, load: Load) -> int:
    """Send every frame when it is due, whatever becomes of the others; returns how many."""
    image, loop = picture(), asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        queues: list[asyncio.Queue[None]] = [asyncio.Queue() for _ in range(CAMERAS)]
        cameras = [
            tasks.create_task(_camera(mesh, pipeline, number, image, queue))
            for number, queue in enumerate(queues)
        ]
        began, sent = loop.time(), 0
        for at in arrivals(load):
            await asyncio.sleep(began + at - loop.time())
            queues[sent % CAMERAS].put_nowait(None)
            sent += 1
        await asyncio.sleep(began + SECONDS - loop.time())
        for queue in queues:
            await queue.join()
        for camera in cameras:
            camera.cancel()
    return sent


async def _camera(
    mesh: Mesh, pipeline: str, number: int, image: bytes, due: asyncio.Queue[None]
) -> None:
    async with AsyncCamera(mesh.run.ingest, pipeline=pipeline, name=f"camera-{number}") as camera:
        while True:
            await due.get()
            await camera.send(image)
            due.task_done()


def picture() -> bytes:
    """640x480, some 30 KB."""
    noise = np.random.default_rng(7).integers(0, 255, (60, 80, 3), np.uint8)
    return cv2.imencode(".jpg", cv2.resize(noise, (640, 480)))[1].tobytes()


def _added_at(
    outcomes: Sequence[outcome_pb2.Outcome], first: int, began_unix_nano: int
) -> float | None:
    seen: set[str] = set()
    for outcome in sorted(outcomes, key=lambda each: each.completed_unix_nano):
        seen.add(outcome.completed_by)
        if len(seen) > first:
            return (outcome.completed_unix_nano - began_unix_nano) / 1e9
    return None


def age_of(outcome: outcome_pb2.Outcome) -> float:
    return (outcome.completed_unix_nano - outcome.captured_unix_nano) / 1e9
