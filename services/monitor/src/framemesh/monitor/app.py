"""Wires the monitor together."""

import asyncio

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.monitor.library import Library
from framemesh.monitor.servicer import MonitorServicer
from framemesh.monitor.settings import Settings
from framemesh.runtime.jetstream.broker import broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.rpc.server import Service, grpc_server
from framemesh.runtime.until import until

NAME = monitor_pb2.DESCRIPTOR.services_by_name["MonitorService"].full_name


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run the monitor until `stop` is set.

    Raises:
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
    """
    await until(stop, _serve(settings, stop))


async def _serve(settings: Settings, stop: asyncio.Event) -> None:
    async with broker(settings.nats, "monitor") as nats:
        pipelines, clock = PipelineStore(nats), SystemClock()
        library = Library(nats, pipelines, clock)
        servicer = MonitorServicer(nats, pipelines, library, clock, stop)
        service = Service(
            NAME, lambda to: monitor_pb2_grpc.add_MonitorServiceServicer_to_server(servicer, to)
        )
        async with grpc_server(settings.listen, [service]) as server, asyncio.TaskGroup() as tasks:
            tasks.create_task(library.run())
            await server.set_serving(True)
            await nats.wait_lost()
