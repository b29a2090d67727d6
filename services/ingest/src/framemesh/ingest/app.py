"""Wires ingest together."""

import asyncio
import socket

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.clock import Clock, SystemClock
from framemesh.core.image_header import MAX_PIXELS
from framemesh.ingest.admission import Admission
from framemesh.ingest.offers import CreditLimit
from framemesh.ingest.pipelines import Pipelines
from framemesh.ingest.servicer import IngestServicer
from framemesh.ingest.session import Storage
from framemesh.ingest.settings import Settings
from framemesh.ingest.superseding import Superseding
from framemesh.ingest.turnstile import Turnstiles
from framemesh.runtime.beside import beside
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.jetstream.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.plane import jetstream_plane
from framemesh.runtime.rpc.server import MIB, Service, grpc_server
from framemesh.runtime.until import until

NAME = ingest_pb2.DESCRIPTOR.services_by_name["IngestService"].full_name


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run ingest until `stop` is set; cameras that are connected then have DRAIN_SECONDS to end.

    Raises:
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
    """
    await until(stop, _serve(settings, stop))


async def _serve(settings: Settings, stop: asyncio.Event) -> None:
    clock = SystemClock()
    async with broker(settings.nats, "ingest") as nats, jetstream_plane(nats, clock) as plane:
        credit = CreditLimit(settings.credit_frames, settings.credit_bytes)
        storage = _storage(nats, plane, clock, stop)
        servicer = IngestServicer(storage, credit)
        service = Service(
            NAME, lambda to: ingest_pb2_grpc.add_IngestServiceServicer_to_server(servicer, to)
        )
        # A frame over the limit must still arrive, to be refused with a reason.
        limit = 2 * nats.max_frame_bytes + MIB
        async with (
            beside(storage.pipelines.watch()),
            grpc_server(settings.listen, [service], max_message_bytes=limit) as server,
        ):
            await server.set_serving(True)
            await nats.wait_lost()


def _storage(nats: Broker, sink: Sink, clock: Clock, leaving: asyncio.Event) -> Storage:
    name = f"ingest@{socket.gethostname()}"
    return Storage(
        pipelines=Pipelines(PipelineStore(nats)),
        sink=sink,
        turnstiles=Turnstiles(sink),
        superseding=Superseding(nats, sink, name, clock),
        admission=Admission(nats.max_frame_bytes, MAX_PIXELS),
        name=name,
        clock=clock,
        leaving=leaving,
    )
