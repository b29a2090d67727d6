"""Wires a worker together."""

import asyncio
import math
import os

from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.core.clock import Clock, SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.dataplane.plane import DataPlane
from framemesh.runtime.dataplane.reliable_writer import UNTIL_STOPPED, ReliableWriter
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.plane import jetstream_plane
from framemesh.runtime.rpc.server import GrpcServer, Service, grpc_server
from framemesh.worker.assignment import AssignmentClient
from framemesh.worker.engine.engine import Engine, open_engine
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.shards import ShardConsumer
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import FrameProcessor
from framemesh.worker.processing.retries import IsolatedRetries
from framemesh.worker.servicer import WorkerServicer
from framemesh.worker.settings import Settings

NAME = worker_pb2.DESCRIPTOR.services_by_name["WorkerService"].full_name

HEALTH_PERIOD_SECONDS = 0.5

FRAMES_TO_CHOOSE_FROM = 512
"""Held where the policy leaves frames out: with few, it would leave out what came first."""


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run a worker until `stop` is set and its frames in progress are sealed.

    Raises:
        AssignmentGone: the pipeline is not there any more.
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
        ModelInvalid, TritonStartFailed: the models cannot be served.
    """
    started = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(_work(settings, stop, started))
        watching = tasks.create_task(_cancel_start(working, stop, started))
        working.add_done_callback(lambda _: watching.cancel())


async def _cancel_start(
    working: asyncio.Task[None], stop: asyncio.Event, started: asyncio.Event
) -> None:
    """A worker that is told to stop before it has frames has nothing to finish."""
    await stop.wait()
    if not started.is_set():
        working.cancel()


async def _work(settings: Settings, stop: asyncio.Event, started: asyncio.Event) -> None:
    clock = SystemClock()
    assigner = AssignmentClient(settings.master, settings.data / "models")
    assignment = await assigner.assignment(settings.pipeline, settings.revision)
    async with (
        broker(settings.nats, settings.id) as nats,
        jetstream_plane(nats, clock) as plane,
        open_engine(
            assignment.spec,
            assignment.models,
            data=settings.data,
            triton_address=settings.triton or None,
            cpus=os.cpu_count() or 1,
            clock=clock,
        ) as engine,
    ):
        stored = await PipelineStore(nats).get(settings.pipeline)
        dispatcher = _dispatcher(settings, stored.spec, plane, engine=engine, clock=clock)
        drawing = ShardConsumer(dispatcher, nats, stored, settings.id, clock)
        servicer = WorkerServicer(settings.id, assignment, engine, dispatcher)
        service = Service(
            NAME, lambda to: worker_pb2_grpc.add_WorkerServiceServicer_to_server(servicer, to)
        )
        async with (
            grpc_server(settings.listen, [service]) as server,
            asyncio.TaskGroup() as tasks,
        ):
            started.set()
            lost = tasks.create_task(nats.wait_lost())
            health = tasks.create_task(_tell_health(server, engine))
            await dispatcher.run(stop, drawing.run(stop))
            lost.cancel()
            health.cancel()


def _dispatcher(
    settings: Settings, spec: PipelineSpec, plane: DataPlane, *, engine: Engine, clock: Clock
) -> Dispatcher:
    delivery = spec.delivery
    writer = ReliableWriter(plane, UNTIL_STOPPED)
    outcome_factory = OutcomeFactory(spec.name, settings.id, delivery, clock)
    retries = IsolatedRetries(writer, spec.name, settings.id)
    # Where frames are left out, as late as possible: what has its turn is looked at.
    left_out = delivery.latest or delivery.fresh
    return Dispatcher(
        plane,
        FrameProcessor(engine, outcome_factory, retries, delivery.max_attempts),
        outcome_factory,
        OutcomeCommitter(writer, outcome_factory, delivery.order),
        delivery,
        slots=engine.rows if left_out else settings.frames_in_progress,
        held=FRAMES_TO_CHOOSE_FROM if left_out else settings.frames_in_progress,
        sources=_sources(spec),
        clock=clock,
    )


def _sources(spec: PipelineSpec) -> int:
    """How many shards a worker will draw from at once."""
    shards = spec.buffer.total_shards * (2 if spec.delivery.high_priority else 1)
    # Those that are leased are shared out.
    return math.ceil(shards / max(1, spec.workers.min)) if spec.delivery.camera_affinity else shards


async def _tell_health(server: GrpcServer, engine: Engine) -> None:
    """A worker serves while its Triton does."""
    while True:
        await server.set_serving(engine.triton.healthy)
        await asyncio.sleep(HEALTH_PERIOD_SECONDS)
