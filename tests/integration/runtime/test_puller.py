import asyncio
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.jetstream.publisher import Outgoing, Publisher, publisher
from framemesh.runtime.jetstream.puller import ConsumerGone, PullLimits, puller
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.runtime.conftest import CONSUMER, STREAM

MIB = 1024 * 1024


async def fill(publish: Publisher, count: int, size: int = 10) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(publish.store(Outgoing("test.x", f"m{number}", b"x" * size)))


async def test_all_come_once_and_never_more_than_there_is_room_for(
    nats_broker: Broker, publish: Publisher
) -> None:
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    await fill(publish, 500)
    async with (
        asyncio.timeout(10),
        puller(
            nats_broker,
            "TEST",
            "all",
            limits=PullLimits(messages=16, bytes=MIB),
            deliver=arrived.put_nowait,
            clock=SystemClock(),
        ) as pull,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(pull.run())
        sequences: list[int] = []
        while len(sequences) < 500:
            delivery = await arrived.get()
            assert arrived.qsize() < 16
            sequences.append(delivery.sequence)
            assert delivery.attempt == 1
            await delivery.ack()
            pull.done(delivery)
        running.cancel()
    assert sorted(sequences) == list(range(1, 501))


async def test_bytes_bound_it_too(nats_broker: Broker, publish: Publisher) -> None:
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    await fill(publish, 20, size=40_000)
    async with (
        asyncio.timeout(10),
        puller(
            nats_broker,
            "TEST",
            "all",
            limits=PullLimits(messages=20, bytes=100_000),
            deliver=arrived.put_nowait,
            clock=SystemClock(),
        ) as pull,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(pull.run())
        for _ in range(20):
            delivery = await arrived.get()
            assert arrived.qsize() <= 1
            await delivery.ack()
            pull.done(delivery)
        running.cancel()


async def test_it_goes_on_after_the_broker_was_killed(nats: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    connected = Broker(nats.url)
    async with asyncio.timeout(30), running_nats_server(nats, log) as first:
        await connected.connect("test")
        await connected.request("$JS.API.STREAM.CREATE.TEST", STREAM)
        await connected.request("$JS.API.CONSUMER.DURABLE.CREATE.TEST.all", CONSUMER)
        async with (
            puller(
                connected,
                "TEST",
                "all",
                limits=PullLimits(messages=8, bytes=MIB),
                deliver=arrived.put_nowait,
                clock=SystemClock(),
            ) as pull,
            publisher(connected) as publish,
            asyncio.TaskGroup() as tasks,
        ):
            running = tasks.create_task(pull.run())
            await publish.store(Outgoing("test.x", "before", b"before"))
            assert (await arrived.get()).payload == b"before"
            first.kill()
            await first.wait()
            async with running_nats_server(nats, log):
                await connected.connected.wait()
                await publish.store(Outgoing("test.x", "after", b"after"))
                # The first comes again, as it was never acked.
                assert {(await arrived.get()).payload for _ in range(2)} == {b"before", b"after"}
                running.cancel()
                await connected.close()


@pytest.mark.parametrize("missing", ["consumer", "stream"])
async def test_a_deleted_consumer_is_told(
    nats_broker: Broker, publish: Publisher, missing: str
) -> None:
    async with puller(
        nats_broker,
        "TEST",
        "all",
        limits=PullLimits(messages=8, bytes=MIB),
        deliver=lambda delivery: None,
        clock=SystemClock(),
    ) as pull:
        running = asyncio.ensure_future(pull.run())
        await asyncio.sleep(0.05)
        await nats_broker.request(
            {
                "consumer": "$JS.API.CONSUMER.DELETE.TEST.all",
                "stream": "$JS.API.STREAM.DELETE.TEST",
            }[missing],
            {},
        )
        async with asyncio.timeout(5):
            with pytest.raises(ConsumerGone):
                await running
