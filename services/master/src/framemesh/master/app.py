"""Wires the master together."""

import asyncio

from framemesh.api.master.v1 import (
    model_pb2,
    model_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
)
from framemesh.core.clock import SystemClock
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.process_driver import ProcessDriver
from framemesh.master.fleet.reconciler import Reconciler
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.transfers import Transfers
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.draining import drain_continuously
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.servicer import ModelServicer, NodeServicer, PipelineServicer
from framemesh.master.settings import Settings
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable, broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.logs import get_logger
from framemesh.runtime.rpc.server import Service, grpc_server
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
    await run_until(stop, _serve(settings, stop, telemetry))


async def _serve(settings: Settings, stop: asyncio.Event, telemetry: Telemetry) -> None:
    async with broker(settings.nats, "master", settings.connect) as nats:
        store, nodes = PipelineStore(nats), NodeRegistry()
        models = ModelCatalog(nats, settings.spool, Transfers())
        fleet = ProcessDriver(nodes)
        pipelines = PipelineManager(
            store,
            models,
            BufferProvisioner(nats),
            fleet,
            nodes.changed,
            max_outcome_bytes=lambda: nats.client.max_payload,
        )
        feed = PipelineFeed(nats, SystemClock())
        reconciler = Reconciler(feed, fleet, nodes.changed)
        services = _services(
            PipelineServicer(pipelines), ModelServicer(models), NodeServicer(nodes, stop)
        )
        async with (
            grpc_server(
                settings.listen,
                services,
                settings.connect,
                interceptors=telemetry.server_interceptors,
            ) as server,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(nats.wait_lost())
            await _create_storage(store, models)
            await server.set_serving(True)
            tasks.create_task(feed.run())
            tasks.create_task(drain_continuously(pipelines, feed))
            await reconciler.run()


async def _create_storage(store: PipelineStore, models: ModelCatalog) -> None:
    while True:
        try:
            await store.create()
            return await models.create()
        except BrokerUnavailable as error:
            log.warning("storage is not set up, will try again", error=str(error))
        await asyncio.sleep(RETRY_SECONDS)


def _services(
    pipelines: PipelineServicer, models: ModelServicer, nodes: NodeServicer
) -> list[Service]:
    return [
        Service(
            pipeline_pb2.DESCRIPTOR.services_by_name["PipelineService"].full_name,
            lambda to: pipeline_pb2_grpc.add_PipelineServiceServicer_to_server(pipelines, to),
        ),
        Service(
            model_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name,
            lambda to: model_pb2_grpc.add_ModelServiceServicer_to_server(models, to),
        ),
        Service(
            node_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name,
            lambda to: node_pb2_grpc.add_NodeServiceServicer_to_server(nodes, to),
        ),
    ]
