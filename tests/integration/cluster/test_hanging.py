"""Servers that keep their connections open and do not answer."""

import asyncio
import time

import pytest

from framemesh.runtime.dataplane.errors import AlreadyStored
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection import broker as broker_module
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, broker
from framemesh.runtime.jetstream.publish import publisher as publisher_module
from framemesh.runtime.jetstream.publish.publisher import publisher
from tests.integration.cluster.cluster import Cluster, create_stream, followers, leader

STREAM = {"name": "TEST", "subjects": ["test.>"]}
MIB = 1024**2


async def test_a_client_leaves_a_server_that_hangs(
    cluster: Cluster, worker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client does not wait for data that the socket cannot take."""
    monkeypatch.setattr(broker_module, "PING_SECONDS", 0.2)
    await create_stream(worker, STREAM)
    async with broker(cluster.url, "ingest") as connected, publisher(connected) as publish:
        silent = cluster.of(connected)
        async with cluster.frozen(silent), asyncio.timeout(20):
            await asyncio.gather(
                *(
                    ReliableWriter(publish).write(
                        OutboundMessage("test.x", bytes(MIB), f"{number}")
                    )
                    for number in range(14)
                )
            )
            assert cluster.of(connected) != silent


async def test_a_publisher_on_a_server_that_hangs_gives_up_in_time(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nats-py waits for the socket, and swallows the cancellation of a caller that timed out."""
    monkeypatch.setattr(broker_module, "PING_SECONDS", 60)
    monkeypatch.setattr(broker_module, "PENDING_BYTES", MIB)
    monkeypatch.setattr(publisher_module, "ANSWER_TIMEOUT_SECONDS", 0.5)
    async with broker(cluster.url, "ingest") as connected, publisher(connected) as publish:
        async with cluster.frozen(cluster.of(connected)):
            began = time.monotonic()
            async with asyncio.timeout(10):
                results = await asyncio.gather(
                    *(
                        publish.store(OutboundMessage("test.x", bytes(2 * MIB), f"{number}"))
                        for number in range(7)
                    ),
                    return_exceptions=True,
                )
            assert time.monotonic() - began < 2
        assert {type(result) for result in results} == {BrokerUnavailable}


@pytest.mark.parametrize("id_", ["m1", ""])
async def test_a_message_without_a_quorum_is_neither_stored_nor_refused(
    cluster: Cluster, worker: Broker, monkeypatch: pytest.MonkeyPatch, id_: str
) -> None:
    """A leader without a quorum refuses a second attempt as a duplicate, but may lose the first
    one."""
    monkeypatch.setattr(publisher_module, "ANSWER_TIMEOUT_SECONDS", 0.5)
    message = OutboundMessage("test.x", b"", id_)
    await create_stream(worker, STREAM)
    first = cluster.members[await leader(worker, "TEST")]
    one, other = await followers(worker, "TEST")
    async with broker(first.server.url, "ingest") as connected, publisher(connected) as publish:
        async with cluster.frozen(one), cluster.frozen(other):
            for _ in range(3):
                with pytest.raises(BrokerUnavailable):
                    await publish.store(message)
        async with asyncio.timeout(20):
            try:
                await ReliableWriter(publish).write(message)
            except AlreadyStored:
                assert not id_
    answer = await worker.request("$JS.API.STREAM.INFO.TEST", {})
    assert answer["state"]["messages"] == 1


async def test_a_server_that_accepts_no_connection_is_skipped(cluster: Cluster) -> None:
    async with cluster.frozen("nats-0"), asyncio.timeout(10):
        for _ in range(3):
            async with broker(cluster.url, "test") as connected:
                assert cluster.of(connected) != "nats-0"
