"""Connections that a server ends: the plane comes back, within its limits, and nothing is lost."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from operator import not_
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable, broker
from framemesh.runtime.jetstream.consume import puller as puller_module
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from tests.contract.planes import ALL, MIB, QUEUE, JetStreamWorld, pulling
from tests.integration.runtime.connection.other_server import OtherServer, other_server
from tests.waiting import eventually

SMALL = "max_payload: 1MB\nmax_pending: 2MB\nlame_duck_grace_period: 100ms"
LARGE_QUEUE = replace(QUEUE, max_bytes=100 * MIB)


@asynccontextmanager
async def world_of(server: OtherServer) -> AsyncIterator[JetStreamWorld]:
    async with (
        broker(server.url, "test") as connected,
        jetstream_plane(connected, SystemClock()) as plane,
    ):
        yield JetStreamWorld(connected, plane)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[OtherServer]:
    async with other_server(tmp_path, SMALL) as found:
        yield found


@pytest.fixture
async def world(server: OtherServer) -> AsyncIterator[JetStreamWorld]:
    async with world_of(server) as found:
        await found.provision(LARGE_QUEUE, ALL)
        yield found


def reconnects(world: JetStreamWorld) -> int:
    return world.broker.client.stats["reconnects"]


def reconnected(world: JetStreamWorld, before: int) -> bool:
    return reconnects(world) != before


async def break_connection(world: JetStreamWorld) -> None:
    """As a network does, and wait until there is another one."""
    before = reconnects(world)
    world.broker.client.abort()
    await eventually(partial(reconnected, world, before), 10)


async def test_a_pull_of_more_than_max_pending_gets_all(
    world: JetStreamWorld,
) -> None:
    """Asked for all at once, the server drops us as a slow consumer, each time anew."""
    async with asyncio.TaskGroup() as tasks:
        for number in range(60):
            message = OutboundMessage("test.x", bytes(500_000), f"{number}")
            tasks.create_task(ReliableWriter(world.plane).write(message))
    limits = PullLimits(messages=64, bytes=64 * MIB)
    async with asyncio.timeout(20), pulling(world.plane, limits=limits) as receiver:
        while await world.stored("TEST"):
            await receiver.work_off(receiver.arrived.qsize())
            await asyncio.sleep(0.05)
    assert 1 <= reconnects(world) < 9


async def test_a_pull_keeps_to_its_limits_over_broken_connections(world: JetStreamWorld) -> None:
    """The server remembers what was asked for over each of them."""
    async with pulling(world.plane, limits=PullLimits(messages=16, bytes=MIB)) as receiver:
        for _ in range(3):
            await world.rest()
            await break_connection(world)
        for number in range(100):
            await world.plane.store(OutboundMessage("test.x", b"", f"{number}"))
        await world.rest()
        assert receiver.arrived.qsize() == 16
        await receiver.work_off(100)


async def test_a_pull_keeps_to_its_limits_where_requests_got_lost(
    world: JetStreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or so it seems: they may be served after all."""
    async with pulling(world.plane, limits=PullLimits(messages=16, bytes=MIB)) as receiver:
        await world.rest()
        with monkeypatch.context() as patch:
            patch.setattr(puller_module, "MISSED_HEARTBEATS", -1)
            for _ in range(3):
                for wake in world.broker.listeners:
                    wake()
                await world.rest()
        for number in range(100):
            await world.plane.store(OutboundMessage("test.x", b"", f"{number}"))
        await world.rest()
        assert receiver.arrived.qsize() == 16
        await receiver.work_off(100)


async def test_acks_during_a_reconnect_arrive(
    world: JetStreamWorld,
) -> None:
    patient = replace(ALL, ack_seconds=60)
    await world.provision(replace(QUEUE, name="KEPT", subjects=("kept",)), patient)
    await world.plane.store(OutboundMessage("kept", b""))
    async with pulling(world.plane, "KEPT") as receiver:
        delivery = await receiver.next()
        world.broker.client.abort()
        async with asyncio.timeout(10):
            await eventually(lambda: not world.broker.connected.is_set())
            await delivery.ack()
            await world.broker.connected.wait()
            await eventually(lambda: world.stored("KEPT"), until=not_)


async def test_a_pull_without_room_for_the_next_message_does_not_repeat_its_request(
    world: JetStreamWorld,
) -> None:
    async with pulling(world.plane, limits=PullLimits(messages=8, bytes=100_000)) as receiver:
        await world.plane.store(OutboundMessage("test.x", bytes(30_000), "1"))
        first = await receiver.next()
        await world.plane.store(OutboundMessage("test.x", bytes(80_000), "2"))
        await world.rest()
        asked = world.broker.client.stats["out_msgs"]
        await asyncio.sleep(0.3)
        assert world.broker.client.stats["out_msgs"] - asked <= 2
        receiver.pull.done(first)
        await receiver.next()


async def test_a_pull_that_ends_while_the_connection_is_broken_leaves_nothing_behind(
    world: JetStreamWorld, server: OtherServer
) -> None:
    """Its requests are still there, and would be served if it were listened for again."""
    patient = replace(ALL, ack_seconds=60)
    await world.provision(replace(QUEUE, name="LEFT", subjects=("left",)), patient)
    async with pulling(world.plane, "LEFT"):
        await world.rest()
        await server.freeze()
    server.process.resume()
    await break_connection(world)
    await world.plane.store(OutboundMessage("left", b"", "1"))
    async with pulling(world.plane, "LEFT") as receiver:
        assert (await receiver.next()).attempt == 1


async def test_a_pull_that_ends_on_a_server_that_hangs_leaves_a_working_connection(
    world: JetStreamWorld, server: OtherServer
) -> None:
    """Its answer to what was given up on comes after all."""
    async with pulling(world.plane):
        await world.rest()
        await server.freeze()
    server.process.resume()
    async with asyncio.timeout(2):
        await world.plane.store(OutboundMessage("test.x", b"", "1"))
    assert reconnects(world) == 0


@pytest.mark.parametrize("nonsense", [b"NONSENSE 1 2 3\r\n", b"PUB test.x 2000000\r\n"])
async def test_the_client_reconnects_after_an_error_that_closes_the_connection(
    world: JetStreamWorld, nonsense: bytes
) -> None:
    async with asyncio.timeout(20), pulling(world.plane) as receiver:
        for number in range(3):
            before = reconnects(world)
            world.broker.client._socket.write(nonsense)  # type: ignore[no-untyped-call]
            await eventually(partial(reconnected, world, before))
            await ReliableWriter(world.plane).write(OutboundMessage("test.x", b"", f"{number}"))
            await receiver.work_off(1)


async def test_requests_fail_at_once_when_the_connection_breaks(
    world: JetStreamWorld, server: OtherServer
) -> None:
    """The answer is lost with it."""
    await server.freeze()
    before = world.broker.client.stats["out_msgs"]
    asked = asyncio.ensure_future(world.broker.request("$JS.API.INFO", {}))
    async with asyncio.timeout(1):
        while (
            world.broker.client.stats["out_msgs"] == before or world.broker.client.pending_data_size
        ):
            await asyncio.sleep(0.01)
    world.broker.client.abort()
    server.process.resume()
    async with asyncio.timeout(1):
        with pytest.raises(BrokerUnavailable, match="broke"):
            await asked
        await world.broker.request("$JS.API.INFO", {})


async def test_nothing_is_lost_when_the_only_server_shuts_down_as_a_lame_duck(
    world: JetStreamWorld, server: OtherServer
) -> None:
    stored: set[str] = set()

    async def store(number: int) -> None:
        await ReliableWriter(world.plane).write(OutboundMessage("test.x", b"x" * 1000, f"{number}"))
        stored.add(f"{number}")

    async with asyncio.timeout(45), pulling(world.plane) as receiver:
        async with asyncio.TaskGroup() as tasks:
            for number in range(400):
                tasks.create_task(store(number))
            await receiver.work_off(20)
            server.process.send_signal(signal.SIGUSR2)
            await server.wait()
            await server.start()
        assert len(stored) == 400
        while await world.stored("TEST"):
            await receiver.work_off(receiver.arrived.qsize())
            await asyncio.sleep(0.02)


async def test_a_store_without_an_answer_ends_in_time(
    world: JetStreamWorld, server: OtherServer
) -> None:
    await server.freeze()
    try:
        async with asyncio.timeout(8):
            with pytest.raises(StreamUnavailable):
                await world.plane.store(OutboundMessage("test.x", b"", "1"))
    finally:
        server.process.resume()
    async with asyncio.timeout(10):
        await ReliableWriter(world.plane).write(OutboundMessage("test.x", b"", "1"))
    assert await world.stored("TEST") == 1
