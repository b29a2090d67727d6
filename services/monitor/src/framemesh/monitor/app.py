"""Wires the monitor together."""

import asyncio
import socket

from framemesh.api.monitor.v1 import (
    dead_letter_pb2,
    dead_letter_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
)
from framemesh.core.clock import SystemClock
from framemesh.monitor.dashboard.dashboard import Ledgers, dashboard
from framemesh.monitor.ledger.registry import LedgerRegistry
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.lookup.frames import FrameLookup
from framemesh.monitor.lookup.outcome_pages import OutcomePages
from framemesh.monitor.measurements.broker_storage import BrokerStorage
from framemesh.monitor.measurements.mesh_measurements import MeasuredMesh, MeshMeasurements
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.monitor.results.hub import result_hub
from framemesh.monitor.results.watch_spans import WatchSpans
from framemesh.monitor.servicer import DeadLetterServicer, MonitorServicer
from framemesh.monitor.settings import Settings
from framemesh.monitor.status.collector import StatusCollector
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.tokens.revocation_feed import follow_revocations
from framemesh.runtime.rpc.server import MIB, Service, grpc_server
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry
from framemesh.runtime.tracing.otlp_sink import span_sink


async def run(settings: Settings, stop: asyncio.Event, telemetry: Telemetry = NO_TELEMETRY) -> None:
    """Run the monitor until `stop` is set.

    Raises:
        AddressTaken: something else listens on settings.listen or settings.http.
        BrokerLost: the connection to the broker is beyond repair.
    """
    await run_until(stop, _serve(settings, stop, telemetry))


async def _serve(settings: Settings, stop: asyncio.Event, telemetry: Telemetry) -> None:
    clock = SystemClock()
    async with (
        span_sink(settings.otlp, f"monitor@{socket.gethostname()}", telemetry.meter) as spans,
        broker(settings.nats, "monitor", settings.connect) as nats,
        result_hub(nats, clock) as results,
    ):
        pipelines = PipelineStore(nats)
        feed = PipelineFeed(nats, clock)
        registry = LedgerRegistry(nats, pipelines, feed, CheckpointStore(nats), clock)
        statuses = StatusCollector(nats, pipelines, registry, clock)
        dead_letters, frames = DeadLetters(nats, clock), FrameLookup(nats, registry)
        storage = BrokerStorage([each for each in settings.broker_http.split(",") if each])
        measured = MeasuredMesh(nats, feed, statuses, storage, settings.metrics_cameras)
        services = _services(
            MonitorServicer(
                pipelines,
                statuses,
                results,
                frames,
                WatchSpans(spans, clock),
                draining=stop,
            ),
            DeadLetterServicer(pipelines, dead_letters),
        )
        outcomes = OutcomePages(nats, registry)
        ledgers = Ledgers(nats, pipelines, statuses, dead_letters, frames, outcomes)
        # The largest image, as a dead letter.
        limit = nats.max_frame_bytes + MIB
        async with (
            grpc_server(
                settings.listen,
                services,
                settings.connect,
                max_message_bytes=limit,
                interceptors=telemetry.server_interceptors,
            ) as server,
            dashboard(settings, ledgers, clock),
            TaskGroup() as tasks,
        ):
            tasks.create_task(feed.run())
            tasks.create_task(registry.run())
            tasks.create_task(follow_revocations(nats, settings.connect, clock))
            if settings.metrics:
                tasks.create_task(MeshMeasurements(measured, telemetry.meter, clock).run())
            await server.set_serving(True)
            await nats.wait_lost()


def _services(monitor: MonitorServicer, dead_letters: DeadLetterServicer) -> list[Service]:
    return [
        Service(
            monitor_pb2.DESCRIPTOR.services_by_name["MonitorService"].full_name,
            lambda to: monitor_pb2_grpc.add_MonitorServiceServicer_to_server(monitor, to),
        ),
        Service(
            dead_letter_pb2.DESCRIPTOR.services_by_name["DeadLetterService"].full_name,
            lambda to: dead_letter_pb2_grpc.add_DeadLetterServiceServicer_to_server(
                dead_letters, to
            ),
        ),
    ]
