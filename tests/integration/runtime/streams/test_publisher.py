import asyncio
from pathlib import Path

import pytest

from framemesh.runtime.dataplane.errors import (
    AlreadyStored,
    PublishRefused,
    StreamFull,
    StreamMissing,
)
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.runtime.conftest import STREAM


def message(number: int, size: int = 100) -> OutboundMessage:
    return OutboundMessage(f"test.{number % 4}", b"x" * size, f"m{number}")


async def stored(nats: Broker) -> int:
    answer = await nats.request("$JS.API.STREAM.INFO.TEST", {})
    return int(answer["state"]["messages"])


async def test_many_at_once_are_stored(nats_broker: Broker, publish: Publisher) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(1000):
            tasks.create_task(publish.store(message(number)))
    assert await stored(nats_broker) == 1000


async def test_the_same_id_is_stored_once(nats_broker: Broker, publish: Publisher) -> None:
    for _ in range(3):
        await publish.store(message(1))
    assert await stored(nats_broker) == 1


async def test_the_first_message_of_a_subject_is_the_only_one(
    nats_broker: Broker, publish: Publisher
) -> None:
    first = OutboundMessage("test.only.1", b"first")
    await publish.store(first)
    for again in (first, OutboundMessage("test.only.1", b"another")):
        with pytest.raises(AlreadyStored):
            await publish.store(again)
    await publish.store(OutboundMessage("test.only.2", b"elsewhere"))
    assert await stored(nats_broker) == 2


async def test_a_full_stream_refuses_until_there_is_room(
    nats_broker: Broker, publish: Publisher
) -> None:
    for number in range(9):
        await publish.store(message(number, 100_000))
    with pytest.raises(StreamFull) as refused:
        await publish.store(message(9, 100_000))
    assert type(refused.value) is StreamFull, "it is not the broker that is full"
    waiting = asyncio.ensure_future(ReliableWriter(publish).write(message(99, 100_000)))
    await nats_broker.request("$JS.API.STREAM.PURGE.TEST", {})
    async with asyncio.timeout(5):
        await waiting
    assert await stored(nats_broker) == 1


async def test_a_subject_without_a_stream_is_an_error(publish: Publisher) -> None:
    with pytest.raises(StreamMissing):
        await publish.store(OutboundMessage("nobody.listens", b"", "m"))


async def test_a_message_over_max_payload_is_refused_and_the_connection_lives(
    nats_broker: Broker, publish: Publisher
) -> None:
    with pytest.raises(PublishRefused):
        await publish.store(message(1, nats_broker.client.max_payload + 1))
    await publish.store(message(2))


async def test_nothing_is_lost_when_the_broker_is_killed(nats: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    async with asyncio.timeout(30):
        async with running_nats_server(nats, log) as first:
            connected = Broker(nats.url)
            await connected.connect("test")
            await connected.request("$JS.API.STREAM.CREATE.TEST", STREAM)
            async with publisher(connected) as publish, asyncio.TaskGroup() as tasks:
                for number in range(300):
                    tasks.create_task(ReliableWriter(publish).write(message(number)))
                    if number == 150:
                        await asyncio.sleep(0)
                        first.kill()
                        await first.wait()
                    if number == 250:
                        second = running_nats_server(nats, log)
                        await second.__aenter__()
            assert await stored(connected) == 300
            await connected.close()
            await second.__aexit__(None, None, None)


async def test_a_broker_that_is_not_there_yet_is_waited_for(
    nats: NatsServer, tmp_path: Path
) -> None:
    async def store() -> None:
        async with broker(nats.url, "early") as connected, publisher(connected) as publish:
            await connected.request("$JS.API.STREAM.CREATE.TEST", STREAM)
            await publish.store(message(1))

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        early = tasks.create_task(store())
        await asyncio.sleep(0.1)
        async with running_nats_server(nats, tmp_path / "nats.log"):
            await early
