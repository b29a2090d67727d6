"""Wires a worker together."""

import asyncio
import os

from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.runtime.jetstream.broker import broker
from framemesh.runtime.jetstream.publisher import publisher
from framemesh.runtime.rpc.server import GrpcServer, Service, grpc_server
from framemesh.worker.assignment import Assigner
from framemesh.worker.engine import Engine, open_engine
from framemesh.worker.inspection import Inspector
from framemesh.worker.intake import Intake
from framemesh.worker.servicer import WorkerServicer
from framemesh.worker.settings import Settings

NAME = worker_pb2.DESCRIPTOR.services_by_name["WorkerService"].full_name

HEALTH_PERIOD_SECONDS = 0.5


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run a worker until `stop` is set and its frames in progress are sealed.

    Raises:
        AssignmentGone: the pipeline is not there any more.
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
        ModelMisfit, TritonStartFailed: the models cannot be served.
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
    assigner = Assigner(settings.master, settings.data / "models")
    assignment = await assigner.assignment(settings.pipeline, settings.revision)
    async with (
        broker(settings.nats, settings.id) as nats,
        publisher(nats) as publish,
        open_engine(
            assignment.spec,
            assignment.models,
            data=settings.data,
            triton_address=settings.triton or None,
            cpus=os.cpu_count() or 1,
            clock=clock,
        ) as engine,
    ):
        intake = Intake(
            nats,
            publish,
            Inspector(engine, settings.pipeline, settings.id, clock),
            assignment.spec,
            frames_in_progress=settings.frames_in_progress,
            clock=clock,
        )
        servicer = WorkerServicer(settings.id, assignment, engine, intake)
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
            await intake.run(stop)
            lost.cancel()
            health.cancel()


async def _tell_health(server: GrpcServer, engine: Engine) -> None:
    """A worker serves while its Triton does."""
    while True:
        await server.set_serving(engine.triton.healthy)
        await asyncio.sleep(HEALTH_PERIOD_SECONDS)
