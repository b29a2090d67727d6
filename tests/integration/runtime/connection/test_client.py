"""What our connection does otherwise than nats-py's."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.connection.client import PING
from tests.integration.runtime.connection.other_server import other_server
from tests.waiting import eventually


class Wire:
    """What is written to the socket of a connection, in that order."""

    def __init__(self, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written = b""
        socket = broker.client._socket
        write = socket.write

        def heard(data: bytes) -> None:
            self.written += data
            write(data)  # type: ignore[no-untyped-call]  # of nats-py

        monkeypatch.setattr(socket, "write", heard)

    def order(self, *commands: bytes) -> Sequence[bytes]:
        return sorted(commands, key=self.written.index)


async def nothing(_: Msg) -> None:
    pass


async def test_a_flush_comes_after_all_earlier_writes(
    nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire(nats_broker, monkeypatch)
    await nats_broker.client.subscribe("some.subject", cb=nothing)
    await nats_broker.client.flush()
    expected = [b"SUB some.subject", b"PING"]
    assert wire.order(*expected) == expected


async def test_a_drained_subscription_has_ended_at_the_server(
    nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = await nats_broker.client.subscribe("some.subject", cb=nothing)
    wire = Wire(nats_broker, monkeypatch)
    await subscription.drain()  # type: ignore[no-untyped-call]  # of nats-py
    expected = [b"UNSUB", b"PING"]
    assert wire.order(*expected) == expected


async def test_pings_of_a_broken_connection_are_not_sent_over_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer would be taken for that to what is asked then."""
    async with other_server(tmp_path, "") as server, broker(server.url, "test") as connected:
        client = connected.client
        await server.freeze()
        for _ in range(8):  # more than the socket takes
            await client.publish("some.subject", bytes(1_000_000))
        unanswered = asyncio.ensure_future(client.flush())
        await eventually(lambda: PING in client._pending, 10)
        wire, answered = Wire(connected, monkeypatch), client._pongs_received
        client.abort()
        server.process.resume()
        async with asyncio.timeout(10):
            await eventually(lambda: client.stats["reconnects"] != 0)
            await client.flush()
        # The first belongs to the handshake.
        assert wire.written.count(PING) - 1 == client._pongs_received - answered
        unanswered.cancel()
