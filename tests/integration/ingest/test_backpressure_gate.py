"""Waiting for a full buffer, on a real stream."""

import asyncio

from framemesh.ingest.storing.backpressure_gate import POLL_SECONDS, BackpressureGates
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher
from tests.waiting import eventually

STREAM = {
    "name": "ROOM",
    "subjects": ["room.>"],
    "storage": "file",
    "retention": "workqueue",
    "discard": "new",
    "max_bytes": 100_000,
}
WAITING = 50


class Counting(Publisher):
    """A publisher that counts how often it was asked to store."""

    asked = 0

    async def store(self, message: OutboundMessage) -> None:
        self.asked += 1
        await super().store(message)


def message(number: int) -> OutboundMessage:
    return OutboundMessage("room.a", b"x" * 9_000, f"m{number}")


async def stored(nats: Broker) -> int:
    answer = await nats.request("$JS.API.STREAM.INFO.ROOM", {})
    return int(answer["state"]["messages"])


async def test_of_all_that_wait_one_asks_and_all_come_in(nats_broker: Broker) -> None:
    await nats_broker.request("$JS.API.STREAM.CREATE.ROOM", STREAM)
    counting = Counting(nats_broker)
    await counting.open()
    gate = BackpressureGates(counting).of("room")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        entering = [tasks.create_task(gate.store(message(n))) for n in range(WAITING)]
        await eventually(lambda: stored(nats_broker), until=lambda frames: frames >= 10)
        # All have asked once by now; from here on one asks, however many wait.
        await eventually(lambda: counting.asked >= WAITING + 1)
        asked, rounds = counting.asked, 10
        await asyncio.sleep(rounds * POLL_SECONDS)
        assert 1 <= counting.asked - asked <= rounds
        seen = 0
        while seen < WAITING:
            seen += (await nats_broker.request("$JS.API.STREAM.PURGE.ROOM", {}))["purged"]
            await asyncio.sleep(0.01)
    assert all(task.done() for task in entering)
    await counting.close()


async def test_pipelines_do_not_wait_for_one_another(nats_broker: Broker) -> None:
    async with publisher(nats_broker) as publish:
        gates = BackpressureGates(publish)
        street, door = gates.of("street"), gates.of("door")
        assert gates.of("street") is street
        assert street is not door
