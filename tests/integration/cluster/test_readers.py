"""Readers of a replicated stream, whose own consumer has no replicas."""

import asyncio

import pytest

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection import broker as broker_module
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.consume.puller import puller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.publish.publisher import publisher
from tests.integration.cluster.cluster import (
    Cluster,
    create_stream,
    followers,
    lead,
    leader,
    until_answered,
)
from tests.waiting import eventually

STREAM = {"name": "TAIL", "subjects": ["tail.>"]}
CONSUMER = {"ack_policy": "none", "mem_storage": True, "num_replicas": 1}


async def consumer_server(connected: Broker) -> str:
    """The name of the server that has the reader's consumer."""
    async with asyncio.timeout(10):
        while True:
            answer = await connected.request("$JS.API.CONSUMER.LIST.TAIL", {})
            for consumer in answer["consumers"]:
                return str(consumer["cluster"]["leader"])
            await asyncio.sleep(0.02)


async def test_a_reader_goes_on_when_the_server_of_its_consumer_is_gone_for_good(
    cluster: Cluster, ingest: Broker, worker: Broker
) -> None:
    read: list[bytes] = []

    async def handle(message: ReceivedMessage) -> None:
        read.append(message.payload)

    async def store(number: int) -> None:
        await ReliableWriter(publish).write(OutboundMessage("tail.a", b"%d" % number, f"{number}"))

    await create_stream(ingest, STREAM)
    async with asyncio.timeout(40), publisher(ingest) as publish:
        for number in range(300):
            await store(number)
        reading = asyncio.ensure_future(OrderedReader(worker, "TAIL", SystemClock()).read(handle))
        lost = await consumer_server(ingest)
        # Another server leads the stream, so that only the reader is affected.
        await lead(ingest, "TAIL", next(n for n in await followers(ingest, "TAIL") if n != lost))
        await cluster.kill(lost)
        for number in range(300, 400):
            await store(number)
        await eventually(lambda: len(read) >= 400)
        reading.cancel()
    assert read == [b"%d" % number for number in range(400)]


async def test_a_pull_reports_the_silence_of_a_consumer_whose_server_is_gone(
    cluster: Cluster, ingest: Broker, worker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server answers for such a consumer, not even with an error."""
    await create_stream(ingest, STREAM)
    request = {"stream_name": "TAIL", "config": CONSUMER}
    answer = await until_answered(lambda: ingest.request("$JS.API.CONSUMER.CREATE.TAIL", request))
    gone = answer["cluster"]["leader"]
    if gone == await leader(ingest, "TAIL"):
        await lead(ingest, "TAIL", (await followers(ingest, "TAIL"))[0])
    await cluster.kill(gone)
    monkeypatch.setattr(broker_module, "ANSWER_TIMEOUT_SECONDS", 0.5)
    lost = asyncio.Event()
    async with (
        asyncio.timeout(20),
        puller(
            worker,
            "TAIL",
            answer["name"],
            limits=PullLimits(messages=8, bytes=1024**2),
            deliver=lambda delivery: None,
            clock=SystemClock(),
            on_silence=lost.set,
        ) as pull,
    ):
        pulling = asyncio.ensure_future(pull.run())
        await lost.wait()
        pulling.cancel()
