"""Wires ingest together."""

import asyncio
import socket

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.core.image_header import MAX_PIXELS
from framemesh.ingest.admission import Admission
from framemesh.ingest.servicer import IngestServicer
from framemesh.ingest.session import CreditLimit, Storage
from framemesh.ingest.settings import Settings
from framemesh.ingest.turnstile import Turnstiles
from framemesh.runtime.jetstream.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.publisher import Publisher, publisher
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
    async with broker(settings.nats, "ingest") as nats, publisher(nats) as publish:
        credit = CreditLimit(settings.credit_frames, settings.credit_bytes)
        servicer = IngestServicer(_storage(nats, publish, stop), credit)
        service = Service(
            NAME, lambda to: ingest_pb2_grpc.add_IngestServiceServicer_to_server(servicer, to)
        )
        # A frame over the limit must still arrive, to be refused with a reason.
        limit = 2 * nats.max_frame_bytes + MIB
        async with grpc_server(settings.listen, [service], max_message_bytes=limit) as server:
            await server.set_serving(True)
            await nats.wait_lost()


def _storage(nats: Broker, publish: Publisher, leaving: asyncio.Event) -> Storage:
    return Storage(
        pipelines=PipelineStore(nats),
        publisher=publish,
        turnstiles=Turnstiles(publish),
        admission=Admission(nats.max_frame_bytes, MAX_PIXELS),
        name=f"ingest@{socket.gethostname()}",
        clock=SystemClock(),
        leaving=leaving,
    )
