"""Wires the master together."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from framemesh.api.master.v1 import (
    model_pb2,
    model_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
    sink_pb2,
    sink_pb2_grpc,
    token_pb2,
    token_pb2_grpc,
)
from framemesh.core.clock import SystemClock
from framemesh.master.fleet.composition import Fleet, worker_fleet
from framemesh.master.fleet.cordons import Cordons
from framemesh.master.fleet.measurements import FleetMeasurements
from framemesh.master.fleet.node_admin import NodeAdmin
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.reconciler import Reconciler
from framemesh.master.history.event_log import EventLog
from framemesh.master.history.fleet_history import FleetHistory
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.promotion import ModelPromotion
from framemesh.master.models.removal import ModelRemoval
from framemesh.master.models.spool import Spool
from framemesh.master.models.submission import ModelSubmission
from framemesh.master.models.transfers import Transfers
from framemesh.master.packaging.image_removal import ImageRemoval
from framemesh.master.packaging.known_images import KnownImages
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_journal import ChangeJournal
from framemesh.master.pipelines.draining import drain_continuously, redeliver_continuously
from framemesh.master.pipelines.finishing import finish_continuously
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.pipelines.planning import PipelinePlanner
from framemesh.master.pipelines.revisions import Revisions
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.master.rollouts.steps import RolloutSteps
from framemesh.master.rollouts.watch import RolloutWatch
from framemesh.master.scaling.autoscaler import Autoscaler
from framemesh.master.scaling.node_survey import NodeSurvey
from framemesh.master.scaling.offers import NodeOffers
from framemesh.master.scaling.scaling_store import ScalingStore
from framemesh.master.servicer import ModelServicer, NodeServicer, PipelineServicer
from framemesh.master.settings import Settings
from framemesh.master.shadows.comparer import Comparer
from framemesh.master.shadows.report import ShadowReports
from framemesh.master.shadows.shadow_store import ShadowStore
from framemesh.master.shadows.watch import ShadowWatch
from framemesh.master.sink_servicer import SinkServicer
from framemesh.master.sinks.composition import Sinks
from framemesh.master.token_servicer import TokenServicer
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, broker
from framemesh.runtime.jetstream.leases.election import Election
from framemesh.runtime.jetstream.leases.fenced_broker import FencedBroker
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.jetstream.tokens.revocation_feed import follow_revocations
from framemesh.runtime.jetstream.tokens.revocation_store import RevocationStore
from framemesh.runtime.jetstream.worker_speeds import WorkerSpeeds
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import Meter
from framemesh.runtime.rpc.leader_gate import LeaderGate
from framemesh.runtime.rpc.reachable_address import reachable_address
from framemesh.runtime.rpc.server import GrpcServer, Service, grpc_server
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry

log = get_logger()

RETRY_SECONDS = 0.5
"""Between two attempts to make the storage, while the broker is not ready for it."""


async def run(settings: Settings, stop: asyncio.Event, telemetry: Telemetry = NO_TELEMETRY) -> None:
    """Run the master until `stop` is set.

    Raises:
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
    """
    await run_until(stop, _serve(settings, telemetry))


async def _serve(settings: Settings, telemetry: Telemetry) -> None:
    nodes = NodeRegistry(SystemClock())
    async with AsyncExitStack() as parts:
        shared = await parts.enter_async_context(broker(settings.nats, "master", settings.connect))
        nats = FencedBroker(shared)
        events = EventLog(nats, SystemClock(), telemetry.meter)
        fleet = await parts.enter_async_context(worker_fleet(settings, nodes, nats, events))
        domain = _domain(nats, nodes, fleet, events, settings, meter=telemetry.meter)
        services = _services(domain)
        async with (
            grpc_server(
                settings.listen,
                services,
                settings.connect,
                interceptors=[domain.gate, *telemetry.server_interceptors],
            ) as server,
            TaskGroup() as tasks,
        ):
            tasks.create_task(shared.wait_lost())
            tasks.create_task(follow_revocations(shared, settings.connect, SystemClock()))

            async def lead(lease: Lease) -> None:
                nats.lease = lease
                await _lead(domain, nats, server, lease)

            async def stand_by(leader: str) -> None:
                domain.gate.leader = leader
                await server.set_standby()

            name = settings.name or reachable_address(settings.listen)
            election = Election(
                shared, "master", name, lead=lead, standby=stand_by, clock=SystemClock()
            )
            await election.run()


@dataclass(frozen=True, slots=True)
class _Domain:
    """What the master is made of."""

    store: PipelineStore
    journal: ChangeJournal
    revisions: RevisionStore
    models: ModelCatalog
    submission: ModelSubmission
    promotion: ModelPromotion
    nodes: NodeRegistry
    cordons: Cordons
    fleet: FleetDriver
    images: KnownImages
    image_removal: ImageRemoval | None
    """None: no images are made."""
    scaling: ScalingStore
    comparisons: ShadowStore
    reports: ShadowReports
    speeds: WorkerSpeeds
    sinks: Sinks
    scaler: Autoscaler
    pipelines: PipelineManager
    planner: PipelinePlanner
    events: EventLog
    gate: LeaderGate
    measurements: FleetMeasurements
    revocations: RevocationStore | None
    """None: nobody is asked for a token."""


def _domain(
    nats: Broker,
    nodes: NodeRegistry,
    fleet: Fleet,
    events: EventLog,
    settings: Settings,
    *,
    meter: Meter,
) -> _Domain:
    store, cordons, revisions = PipelineStore(nats), Cordons(nats), RevisionStore(nats)
    transfers = Transfers()
    models = ModelCatalog(nats, transfers)
    scaling, journal = ScalingStore(nats), ChangeJournal(nats)
    comparisons = ShadowStore(nats)
    speeds, clock = WorkerSpeeds(nats), SystemClock()
    scaler = Autoscaler(
        nats,
        scaling,
        changed=nodes.changed,
        events=events,
        clock=clock,
        survey=NodeSurvey(NodeOffers(fleet.driver, nodes, cordons), speeds, clock),
        meter=meter,
    )
    pipelines = PipelineManager(
        store=store,
        revisions=Revisions(revisions),
        models=models,
        buffers=BufferProvisioner(nats),
        shadows=ShadowStreams(nats),
        pictures=PictureStreams(nats, SinkStore(nats)),
        journal=journal,
        fleet=fleet.driver,
        scaler=scaler,
        events=events,
        changed=nodes.changed,
        max_outcome_bytes=lambda: nats.client.max_payload,
        clock=SystemClock(),
    )
    planner = PipelinePlanner(
        store=store,
        models=models,
        fleet=fleet.driver,
        cordons=cordons,
        scaler=scaler,
        max_outcome_bytes=lambda: nats.client.max_payload,
    )
    return _Domain(
        store=store,
        journal=journal,
        revisions=revisions,
        models=models,
        submission=ModelSubmission(models, Spool(settings.spool, SystemClock()), transfers),
        promotion=ModelPromotion(models, store, pipelines, planner),
        nodes=nodes,
        cordons=cordons,
        fleet=fleet.driver,
        images=KnownImages(nats),
        image_removal=fleet.image_removal,
        scaling=scaling,
        comparisons=comparisons,
        reports=ShadowReports(nats, store, comparisons, SystemClock()),
        speeds=speeds,
        sinks=Sinks.of(nats, store, pipelines.locks, pipelines.provide, clock),
        scaler=scaler,
        pipelines=pipelines,
        planner=planner,
        events=events,
        gate=LeaderGate(SERVICE_NAMES),
        measurements=FleetMeasurements(meter, scaler.replicas),
        revocations=RevocationStore(nats, clock) if settings.connect.gatekeeper else None,
    )


async def _lead(domain: _Domain, nats: Broker, server: GrpcServer, lease: Lease) -> None:
    """Answer calls and reconcile, until cancelled."""
    feed = PipelineFeed(nats, SystemClock())
    await _create_storage(domain)
    reconciler = Reconciler(
        pipelines=feed,
        driver=domain.fleet,
        cordons=domain.cordons,
        scaler=domain.scaler,
        changed=domain.nodes.changed,
        leadership=lease,
        watcher=domain.measurements.watching(FleetHistory(domain.events)),
    )
    rollouts = RolloutWatch(
        broker=nats,
        feed=feed,
        steps=RolloutSteps(
            pipelines=domain.pipelines,
            driver=domain.fleet,
            scaler=domain.scaler,
            events=domain.events,
            clock=SystemClock(),
        ),
        clock=SystemClock(),
    )
    shadows = ShadowWatch(feed, Comparer(nats, domain.comparisons, SystemClock()))
    try:
        with domain.measurements.leading():
            async with domain.gate.opened(), TaskGroup() as tasks:
                await server.set_serving(True)
                tasks.create_task(feed.run())
                tasks.create_task(domain.events.run())
                tasks.create_task(finish_continuously(domain.pipelines))
                tasks.create_task(drain_continuously(domain.pipelines, feed))
                tasks.create_task(redeliver_continuously(domain.pipelines, feed))
                tasks.create_task(domain.scaler.run(feed, lease))
                tasks.create_task(domain.promotion.finish())
                tasks.create_task(domain.submission.expire_continuously())
                tasks.create_task(rollouts.run())
                tasks.create_task(shadows.run())
                tasks.create_task(domain.sinks.watch(feed).run())
                if domain.image_removal is not None:
                    tasks.create_task(domain.image_removal.run(lease))
                await reconciler.run()
    finally:
        await server.set_standby()


async def _create_storage(domain: _Domain) -> None:
    while True:
        try:
            await domain.store.create()
            await domain.journal.create()
            await domain.revisions.create()
            await domain.models.create()
            await domain.events.create()
            await domain.cordons.create()
            await domain.images.create()
            await domain.scaling.create()
            await domain.comparisons.create()
            await domain.speeds.create()
            await domain.sinks.create()
            if domain.revocations is not None:
                await domain.revocations.create()
            return await domain.scaler.load()
        except BrokerUnavailable as error:
            log.warning("storage is not set up, will try again", error=str(error))
        await asyncio.sleep(RETRY_SECONDS)


PIPELINES = pipeline_pb2.DESCRIPTOR.services_by_name["PipelineService"].full_name
MODELS = model_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name
NODES = node_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name
SINKS = sink_pb2.DESCRIPTOR.services_by_name["SinkService"].full_name
TOKENS = token_pb2.DESCRIPTOR.services_by_name["TokenService"].full_name
SERVICE_NAMES = (PIPELINES, MODELS, NODES, SINKS, TOKENS)


def _services(domain: _Domain) -> list[Service]:
    pipelines = PipelineServicer(domain.pipelines, domain.planner, domain.events, domain.reports)
    images = domain.image_removal
    removal = ModelRemoval(
        catalog=domain.models,
        pipelines=domain.store,
        revisions=domain.revisions,
        fleet=domain.fleet,
        locks=domain.pipelines.locks,
        deleted=images.model_deleted if images else asyncio.Event(),
    )
    models = ModelServicer(domain.models, domain.submission, domain.promotion, removal)
    admin = NodeAdmin(domain.nodes, domain.cordons, domain.fleet)
    nodes = NodeServicer(domain.nodes, admin, domain.gate.closing)
    sinks = SinkServicer(domain.sinks.manager)
    tokens = TokenServicer(domain.revocations)
    return [
        Service(
            PIPELINES,
            lambda to: pipeline_pb2_grpc.add_PipelineServiceServicer_to_server(pipelines, to),
        ),
        Service(MODELS, lambda to: model_pb2_grpc.add_ModelServiceServicer_to_server(models, to)),
        Service(NODES, lambda to: node_pb2_grpc.add_NodeServiceServicer_to_server(nodes, to)),
        Service(SINKS, lambda to: sink_pb2_grpc.add_SinkServiceServicer_to_server(sinks, to)),
        Service(TOKENS, lambda to: token_pb2_grpc.add_TokenServiceServicer_to_server(tokens, to)),
    ]
