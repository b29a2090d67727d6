"""Wires ingest together."""

import asyncio
import socket

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.clock import Clock, SystemClock
from framemesh.core.images.check import MAX_PIXELS
from framemesh.ingest.acknowledging.acceptance_recorder import AcceptanceRecorder
from framemesh.ingest.acknowledging.acknowledger import AcknowledgingDeps
from framemesh.ingest.acknowledging.rounds import AcknowledgementRounds
from framemesh.ingest.frame_tracing import TracingDeps, trace_superseded
from framemesh.ingest.frame_validation import FrameValidator
from framemesh.ingest.hints.backlog_watch import BacklogWatch
from framemesh.ingest.limits.of_settings import limits_of
from framemesh.ingest.measurements import IngestMeasurements
from framemesh.ingest.offers import CreditLimit
from framemesh.ingest.pipeline_snapshots import PipelineSnapshots
from framemesh.ingest.processes.place import Place
from framemesh.ingest.servicer import IngestServicer
from framemesh.ingest.session import SessionDeps
from framemesh.ingest.settings import Settings
from framemesh.ingest.storing.backpressure_gate import BackpressureGates
from framemesh.ingest.storing.latest_eviction import EvictionDeps, Superseded
from framemesh.ingest.storing.one_image import OneImageSink
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.dataplane.data_plane import PromptSink
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.tokens.revocation_feed import follow_revocations
from framemesh.runtime.metrics.meter import Meter
from framemesh.runtime.rpc.server import MIB, Service, grpc_server
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry
from framemesh.runtime.tracing.otlp_sink import span_sink
from framemesh.runtime.tracing.span_sink import SpanSink
from framemesh.runtime.tracing.trace_limit import FAILED_PER_SECOND, TraceLimit

NAME = ingest_pb2.DESCRIPTOR.services_by_name["IngestService"].full_name


async def run(
    settings: Settings,
    stop: asyncio.Event,
    telemetry: Telemetry = NO_TELEMETRY,
    place: Place | None = None,
) -> None:
    """Run ingest until `stop` is set; connected cameras then have DRAIN_TIMEOUT_SECONDS to end.

    Args:
        place: among the processes that share settings.listen; None: there is this one.

    Raises:
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
    """
    await run_until(stop, _serve(settings, stop, telemetry, place))


async def _serve(
    settings: Settings, stop: asyncio.Event, telemetry: Telemetry, place: Place | None
) -> None:
    clock, name = SystemClock(), instance(place)
    async with (
        span_sink(settings.otlp, name, telemetry.meter) as spans,
        broker(settings.nats, "ingest", settings.connect) as nats,
        jetstream_plane(nats, clock) as plane,
    ):
        credit = CreditLimit(settings.credit_frames, settings.credit_bytes)
        feed = PipelineFeed(nats, clock)
        deps = _deps(
            nats, plane, feed, spans, name=name, clock=clock, draining=stop, meter=telemetry.meter
        )
        limits = limits_of(settings, clock) if place is None else place.limits
        servicer = IngestServicer(deps, credit, limits)
        service = Service(
            NAME, lambda to: ingest_pb2_grpc.add_IngestServiceServicer_to_server(servicer, to)
        )
        # A frame over the limit must still arrive, to be refused with a reason.
        limit = 2 * nats.max_frame_bytes + MIB
        async with (
            background_task(feed.run()),
            background_task(deps.pipelines.watch()),
            background_task(follow_revocations(nats, settings.connect, clock)),
            background_task(deps.backlogs.run()),
            background_task(deps.acknowledging.recorder.run()),
            grpc_server(
                settings.listen,
                [service],
                settings.connect,
                max_message_bytes=limit,
                interceptors=telemetry.server_interceptors,
                shared=place is not None,
            ) as server,
        ):
            await server.set_serving(True)
            if place is not None:
                place.serves()
            await nats.wait_lost()


def instance(place: Place | None = None) -> str:
    """The name of this process among those of all ingests."""
    number = "" if place is None else f"#{place.number}"
    return f"ingest@{socket.gethostname()}{number}"


def _deps(
    nats: Broker,
    sink: PromptSink,
    feed: PipelineFeed,
    spans: SpanSink,
    *,
    name: str,
    clock: Clock,
    draining: asyncio.Event,
    meter: Meter,
) -> SessionDeps:
    measurements = IngestMeasurements(meter)
    tracing = TracingDeps(spans, TraceLimit(clock, "are rejected", FAILED_PER_SECOND), clock)

    def superseded(gone: Superseded) -> None:
        measurements.completed(gone.outcome)
        trace_superseded(gone, tracing)

    store = PipelineStore(nats)
    return SessionDeps(
        pipelines=PipelineSnapshots(store, feed),
        sink=sink,
        gates=BackpressureGates(OneImageSink(sink, nats)),
        eviction=EvictionDeps(nats, sink, name, clock, superseded),
        validator=FrameValidator(nats.max_frame_bytes, MAX_PIXELS),
        name=name,
        clock=clock,
        measurements=measurements,
        backlogs=BacklogWatch(nats, clock),
        draining=draining,
        tracing=tracing,
        acknowledging=AcknowledgingDeps(
            AcknowledgementRounds(), AcceptanceRecorder(sink, store.get), measurements
        ),
    )
