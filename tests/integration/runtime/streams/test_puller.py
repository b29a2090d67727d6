import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.puller import Puller, puller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.runtime.conftest import CONSUMER, STREAM
from tests.waiting import eventually

MIB = 1024 * 1024


async def fill(publish: Publisher, count: int, size: int = 10) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(publish.store(OutboundMessage("test.x", b"x" * size, f"m{number}")))


def pulling(
    broker: Broker,
    deliver: Callable[[ReceivedMessage], None],
    *,
    messages: int,
    size: int = MIB,
    on_gap: Callable[[], None] | None = None,
    batch_window_seconds: float = 0,
) -> AbstractAsyncContextManager[Puller]:
    """A pull of the consumer of CONSUMER."""
    return puller(
        broker,
        "TEST",
        "all",
        limits=PullLimits(messages=messages, bytes=size),
        deliver=deliver,
        clock=SystemClock(),
        on_gap=on_gap,
        batch_window_seconds=batch_window_seconds,
    )


@pytest.mark.parametrize("batch_window_seconds", [0, 0.01])
async def test_all_messages_come_once_within_the_count_limit(
    nats_broker: Broker, publish: Publisher, batch_window_seconds: float
) -> None:
    arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
    await fill(publish, 500)
    async with (
        asyncio.timeout(10),
        pulling(
            nats_broker, arrived.put_nowait, messages=16, batch_window_seconds=batch_window_seconds
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


@pytest.mark.parametrize("batch_window_seconds", [0, 0.01])
async def test_messages_come_within_the_byte_limit(
    nats_broker: Broker, publish: Publisher, batch_window_seconds: float
) -> None:
    arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
    await fill(publish, 20, size=40_000)
    async with (
        asyncio.timeout(10),
        pulling(
            *(nats_broker, arrived.put_nowait),
            messages=20,
            size=100_000,
            batch_window_seconds=batch_window_seconds,
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


async def test_the_end_of_one_request_is_not_taken_for_that_of_the_next(
    nats_broker: Broker, publish: Publisher
) -> None:
    """The broker says that a batch is complete; by then it may have been counted, and more asked
    for."""
    requests: list[Msg] = []
    arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()

    async def hear(request: Msg) -> None:
        requests.append(request)

    client = nats_broker.client
    await client.subscribe("$JS.API.CONSUMER.MSG.NEXT.>", cb=hear)
    await fill(publish, 2)
    async with (
        asyncio.timeout(10),
        pulling(nats_broker, arrived.put_nowait, messages=2) as pull,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(pull.run())
        for _ in range(2):
            pull.done(await arrived.get())
        await eventually(lambda: len(requests) >= 2)
        ended = {"Status": "409", "Description": "Batch Completed"}
        await client.publish(requests[0].reply, b"", headers=ended)
        await fill(publish, 3)
        for _ in range(2):
            await arrived.get()
        await client.flush()
        assert (len(requests), arrived.qsize()) == (2, 0)
        running.cancel()


async def test_with_a_batch_window_the_first_message_comes_at_once_and_others_together(
    nats_broker: Broker, publish: Publisher
) -> None:
    arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
    clock = asyncio.get_running_loop().time
    async with (
        asyncio.timeout(10),
        pulling(nats_broker, arrived.put_nowait, messages=50, batch_window_seconds=0.3) as pull,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(pull.run())
        for first in (1, 13):  # the second time after a while without any
            await fill(publish, 1)
            pull.done(await arrived.get())
            began = clock()
            for number in range(first, first + 11):
                await publish.store(OutboundMessage("test.x", b"", f"{number}"))
            await arrived.get()
            assert clock() - began > 0.25
            asked = nats_broker.client.stats["out_msgs"]
            for _ in range(10):
                await arrived.get()
            assert nats_broker.client.stats["out_msgs"] - asked <= 1
            await asyncio.sleep(0.7)
        running.cancel()


async def test_a_gap_is_reported_and_nothing_is_delivered_after_it(
    nats_broker: Broker, publish: Publisher
) -> None:
    arrived: list[ReceivedMessage] = []
    elsewhere: list[ReceivedMessage] = []
    on_gap = asyncio.Event()
    async with (
        asyncio.timeout(10),
        pulling(nats_broker, arrived.append, messages=3, on_gap=on_gap.set) as pull,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(pull.run())
        await fill(publish, 3)
        await eventually(lambda: len(arrived) >= 3)
        assert not on_gap.is_set()
        # There is no more room here, so the next ones go to somebody else; those that are lost
        # between two servers go to nobody.
        await fill(publish, 6)
        async with pulling(nats_broker, elsewhere.append, messages=2) as other:
            stealing = tasks.create_task(other.run())
            await eventually(lambda: len(elsewhere) >= 2)
            stealing.cancel()
        for delivery in arrived:
            await delivery.ack()
            pull.done(delivery)
        await on_gap.wait()
        running.cancel()
    assert [delivery.sequence for delivery in arrived] == [1, 2, 3]


async def test_it_goes_on_after_the_broker_was_killed(nats: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
    connected = Broker(nats.url)
    async with asyncio.timeout(30), running_nats_server(nats, log) as first:
        await connected.connect("test")
        await connected.request("$JS.API.STREAM.CREATE.TEST", STREAM)
        await connected.request("$JS.API.CONSUMER.DURABLE.CREATE.TEST.all", CONSUMER)
        async with (
            pulling(connected, arrived.put_nowait, messages=8) as pull,
            publisher(connected) as publish,
            asyncio.TaskGroup() as tasks,
        ):
            running = tasks.create_task(pull.run())
            await publish.store(OutboundMessage("test.x", b"before", "before"))
            assert (await arrived.get()).payload == b"before"
            first.kill()
            await first.wait()
            async with running_nats_server(nats, log):
                await connected.connected.wait()
                await publish.store(OutboundMessage("test.x", b"after", "after"))
                # The first comes again, as it was never acked.
                assert {(await arrived.get()).payload for _ in range(2)} == {b"before", b"after"}
                running.cancel()
                await connected.close()


@pytest.mark.parametrize("missing", ["consumer", "stream"])
async def test_a_deleted_consumer_ends_the_pull(
    nats_broker: Broker, publish: Publisher, missing: str
) -> None:
    async with pulling(nats_broker, lambda delivery: None, messages=8) as pull:
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
