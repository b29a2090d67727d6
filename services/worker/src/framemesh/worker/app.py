"""Wires a worker together."""

import asyncio
import os
from contextlib import closing
from pathlib import Path

from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.core.clock import Clock, SystemClock
from framemesh.core.metrics.frames import WORKER_HELD
from framemesh.core.outcome import StageModel
from framemesh.core.worker_role import WorkerRole
from framemesh.modeling.source import FolderSource
from framemesh.runtime.concurrency.run_until import cancel_start
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import DataPlane
from framemesh.runtime.dataplane.reliable_writer import UNTIL_STOPPED, ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.jetstream.tokens.revocation_feed import follow_revocations
from framemesh.runtime.jetstream.worker_speeds import tell_speed
from framemesh.runtime.messages.subjects import shadow_run
from framemesh.runtime.metrics.meter import Meter
from framemesh.runtime.processes.child_log import keep_bounded
from framemesh.runtime.processes.cpus import usable_cpus
from framemesh.runtime.rpc.server import GrpcServer, Service, grpc_server
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry
from framemesh.runtime.tracing.otlp_sink import span_sink
from framemesh.worker.assignment import Assignment, AssignmentClient
from framemesh.worker.engine.engine import Engine, open_engine, triton_log
from framemesh.worker.intake.copies import CopyConsumer
from framemesh.worker.intake.dispatcher import Dispatcher, DrawSources
from framemesh.worker.intake.lease_measurements import LeaseMeasurements
from framemesh.worker.intake.shard_access import JetStreamShards
from framemesh.worker.intake.shards import ShardConsumer
from framemesh.worker.log_facts import tell_facts
from framemesh.worker.measurements import FrameMeasurements
from framemesh.worker.models.cache import ModelCache
from framemesh.worker.models.fetcher import ModelFetcher
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.inference import Inference
from framemesh.worker.processing.isolation import CountedAttempts, IsolatedAttempts, Isolation
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import FrameProcessor
from framemesh.worker.processing.retries import Retries
from framemesh.worker.processing.terminal_errors import TerminalErrors
from framemesh.worker.processing.time_bound import TimeBound
from framemesh.worker.servicer import WorkerServicer
from framemesh.worker.settings import Settings
from framemesh.worker.tracing.frame_tracing import FrameTracing

NAME = worker_pb2.DESCRIPTOR.services_by_name["WorkerService"].full_name

HEALTH_PERIOD_SECONDS = 0.5

SHADOW_NICENESS = 10
"""Added to that of a shadow's processes: where CPUs are short, the others have them first."""

FRAMES_TO_CHOOSE_FROM = 512
"""Held where the policy drops frames: with few, it would drop what came first."""


async def run(settings: Settings, stop: asyncio.Event, telemetry: Telemetry = NO_TELEMETRY) -> None:
    """Run a worker until `stop` is set and its frames in progress are completed.

    Raises:
        AssignmentGone: the pipeline is not there any more.
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
        ModelInvalid, TritonStartFailed: the models cannot be served.
    """
    tell_facts(settings.pipeline, settings.id)
    if settings.role is WorkerRole.SHADOW:
        os.nice(SHADOW_NICENESS)
    started = asyncio.Event()
    cache = ModelCache(Path(settings.model_cache or settings.data / "models"))
    with closing(cache):
        await cancel_start(stop, started, _work(settings, cache, stop, started, telemetry))


async def _work(
    settings: Settings,
    cache: ModelCache,
    stop: asyncio.Event,
    started: asyncio.Event,
    telemetry: Telemetry,
) -> None:
    clock = SystemClock()
    async with (
        span_sink(settings.otlp, settings.id, telemetry.meter) as spans,
        broker(settings.nats, settings.id, settings.connect) as nats,
        jetstream_plane(nats, clock) as plane,
    ):
        assigner = AssignmentClient(
            PipelineStore(nats), RevisionStore(nats), _model_fetcher(settings, cache)
        )
        assignment = await assigner.assignment(settings.pipeline, settings.revision, settings.role)
        async with open_engine(
            assignment.pipeline.spec,
            assignment.models,
            data=settings.data,
            triton_address=settings.triton or None,
            cpus=usable_cpus(),
            clock=clock,
            meter=telemetry.meter,
            triton_collector=settings.triton_collector,
        ) as engine:
            time_bound = TimeBound(settings.frame_timeout_seconds, clock)
            live = settings.role is WorkerRole.WORKER
            tracing = FrameTracing(spans, settings.id, assignment.newest.spec, clock, live=live)
            dispatcher = _dispatcher(
                settings,
                assignment.pipeline,
                plane,
                tracing,
                engine=engine,
                time_bound=time_bound,
                clock=clock,
                meter=telemetry.meter,
            )
            held = (settings.pipeline,)
            telemetry.meter.observe(WORKER_HELD, lambda: {held: dispatcher.in_progress})
            draw_sources = _draw_sources(
                settings, nats, dispatcher, assignment, tracing, meter=telemetry.meter
            )
            servicer = WorkerServicer(settings.id, assignment.pipeline, engine, dispatcher)
            service = Service(
                NAME, lambda to: worker_pb2_grpc.add_WorkerServiceServicer_to_server(servicer, to)
            )
            async with (
                grpc_server(
                    settings.listen,
                    [service],
                    settings.connect,
                    interceptors=telemetry.server_interceptors,
                ) as server,
                TaskGroup() as tasks,
            ):
                started.set()
                loops = (
                    nats.wait_lost(),
                    follow_revocations(nats, settings.connect, clock),
                    _report_health(server, engine),
                    keep_bounded(triton_log(settings.data)),
                    time_bound.watch(),
                    tell_speed(nats, settings.pipeline, settings.id, lambda: dispatcher.speed),
                )
                background = [tasks.create_task(loop) for loop in loops]
                await dispatcher.run(stop, draw_sources)
                for task in background:
                    task.cancel()


def _model_fetcher(settings: Settings, cache: ModelCache) -> ModelFetcher:
    sources = [FolderSource(Path(settings.models))] if settings.models else []
    return ModelFetcher(settings.master, settings.id, cache, sources, settings.connect)


def _draw_sources(
    settings: Settings,
    nats: Broker,
    dispatcher: Dispatcher,
    assignment: Assignment,
    tracing: FrameTracing,
    *,
    meter: Meter,
) -> DrawSources:
    """From where the worker has its frames."""
    if settings.role is WorkerRole.SHADOW:
        return CopyConsumer(dispatcher, settings.pipeline).run
    access = JetStreamShards(
        nats,
        assignment.pipeline,
        settings.id,
        SystemClock(),
        speed=lambda: dispatcher.speed,
        follow=tracing.follow,
        measurements=LeaseMeasurements(meter, settings.pipeline),
    )
    return ShardConsumer(dispatcher, access, assignment.pipeline, assignment.newest).run


def _dispatcher(
    settings: Settings,
    pipeline: StoredPipeline,
    plane: DataPlane,
    tracing: FrameTracing,
    *,
    engine: Engine,
    time_bound: TimeBound,
    clock: Clock,
    meter: Meter,
) -> Dispatcher:
    spec, delivery = pipeline.spec, pipeline.spec.delivery
    writer = ReliableWriter(plane, UNTIL_STOPPED)
    models = tuple(StageModel(each.name, each.model, each.model_version) for each in spec.stages)
    shadow = settings.role is WorkerRole.SHADOW
    run = shadow_run(pipeline.shadow) if shadow else ""
    outcomes = OutcomeFactory(
        spec.name, settings.id, delivery, clock, pipeline.revision, models, run
    )
    attempts = CountedAttempts() if shadow else IsolatedAttempts(writer, spec.name, settings.id)
    steps = (
        TerminalErrors(outcomes),
        Retries(engine.triton),
        Isolation(engine.triton, attempts, delivery.max_attempts),
        time_bound,
    )
    # Where the policy drops frames, they are dispatched as late as possible.
    drops = delivery.latest or delivery.fresh
    frames = min(settings.frames_in_progress, engine.frames)
    return Dispatcher(
        plane,
        FrameProcessor(steps, Inference(engine.graph, outcomes).process),
        outcomes,
        OutcomeCommitter(plane, outcomes, tracing, FrameMeasurements(meter, spec.name).completed),
        delivery,
        slots=engine.rows if drops else frames,
        groups=engine.groups,
        held=FRAMES_TO_CHOOSE_FROM if drops else frames,
        clock=clock,
        dispatch_latency=lambda: engine.graph.dispatch_latency_seconds,
    )


async def _report_health(server: GrpcServer, engine: Engine) -> None:
    """A worker serves while its Triton does."""
    while True:
        await server.set_serving(engine.triton.healthy)
        await asyncio.sleep(HEALTH_PERIOD_SECONDS)
