"""The outcome of a frame that is shown: the one that is stored, whenever that is."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.dashboard.pictures.expected_outcome import expected_outcome
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import outcome_message
from tests.integration.monitor.dashboard.cameras import outcome

FRAME = FrameId("north", "s1", 7)
FIRST = outcome(FRAME, Fate.EXPIRED)
SECOND = replace(FIRST, completed_by="another worker")

pytestmark = pytest.mark.usefixtures("pipeline")


async def store(broker: Broker, *outcomes: Outcome) -> None:
    async with publisher(broker) as publish:
        for each in outcomes:
            await ReliableWriter(publish).write(outcome_message.to_message(each))


async def found(payload: Awaitable[bytes]) -> Outcome:
    async with asyncio.timeout(10):
        return outcome_message.from_payload(await payload)


async def test_an_outcome_that_comes_later_is_given_once_it_is_stored(nats_broker: Broker) -> None:
    async with expected_outcome(nats_broker, "street", FRAME) as expected:
        waiting = asyncio.ensure_future(found(expected.payload()))
        await store(nats_broker, outcome(replace(FRAME, sequence=6), Fate.DONE))
        assert not waiting.done()
        await store(nats_broker, FIRST)
        assert await waiting == FIRST


async def test_an_outcome_that_came_before_is_found(nats_broker: Broker) -> None:
    await store(nats_broker, FIRST)
    async with expected_outcome(nats_broker, "street", FRAME) as expected:
        assert await found(expected.payload()) == FIRST


async def test_what_is_published_and_refused_does_not_count(nats_broker: Broker) -> None:
    await store(nats_broker, FIRST)
    async with expected_outcome(nats_broker, "street", FRAME) as expected:
        await store(nats_broker, SECOND)
        assert await found(expected.payload()) == FIRST


async def test_what_nobody_stores_is_waited_for(nats_broker: Broker) -> None:
    message = outcome_message.to_message(SECOND)
    async with expected_outcome(nats_broker, "street", FRAME) as expected:
        waiting = asyncio.ensure_future(found(expected.payload()))
        # Refused: it may only follow another one.
        refused = {"Nats-Expected-Last-Subject-Sequence": "99"}
        await nats_broker.client.publish(message.subject, message.payload, headers=refused)
        await nats_broker.client.flush()
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        await store(nats_broker, FIRST)
        assert await waiting == FIRST


async def test_nothing_is_left_of_one_that_is_not_waited_for(nats_broker: Broker) -> None:
    subscriptions = nats_broker.client._subs
    before = len(subscriptions)
    async with expected_outcome(nats_broker, "street", FRAME) as expected:
        assert len(subscriptions) == before + 1
        waiting = asyncio.ensure_future(expected.payload())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert len(subscriptions) == before
