"""What a data plane promises to those who answer what was delivered."""

from dataclasses import replace

import pytest

from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.memory.config import ConsumerConfig, Retention
from tests.contract.planes import ALL, MIB, QUEUE, Receiver, World, pulling

WAIT = ALL.ack_seconds


async def store(world: World, *numbers: int) -> None:
    for number in numbers:
        await world.plane.store(OutboundMessage("test.x", b"", f"{number}"))


async def none_comes(world: World, receiver: Receiver) -> None:
    await world.rest()
    assert receiver.arrived.empty()


def seen(delivery: ReceivedMessage) -> tuple[int, int]:
    return delivery.sequence, delivery.attempt


async def test_an_unanswered_message_is_redelivered_after_the_ack_wait(world: World) -> None:
    await store(world, 1)
    async with pulling(world.plane) as receiver:
        for attempt in (1, 2, 3):
            assert seen(await receiver.next()) == (1, attempt)
            await none_comes(world, receiver)
            await world.pass_seconds(WAIT)


async def test_in_progress_restarts_the_ack_wait(world: World) -> None:
    await store(world, 1)
    async with pulling(world.plane) as receiver:
        delivery = await receiver.next()
        for _ in range(3):
            await world.pass_seconds(0.6 * WAIT)
            await delivery.in_progress()
        await none_comes(world, receiver)
        await world.pass_seconds(WAIT)
        assert seen(await receiver.next()) == (1, 2)


async def test_a_nak_redelivers_at_once(world: World) -> None:
    await store(world, 1)
    async with pulling(world.plane) as receiver:
        for attempt in (1, 2, 3):
            delivery = await receiver.next()
            assert seen(delivery) == (1, attempt)
            await delivery.nak()


async def test_a_nak_with_a_delay_redelivers_after_it(world: World) -> None:
    await world.provision(
        replace(QUEUE, name="SLOW", subjects=("slow",)), ConsumerConfig("all", ack_seconds=60)
    )
    await world.plane.store(OutboundMessage("slow", b""))
    async with pulling(world.plane, "SLOW") as receiver:
        await (await receiver.next()).nak(after_seconds=0.5)
        await none_comes(world, receiver)
        await world.pass_seconds(0.5)
        assert seen(await receiver.next()) == (1, 2)


async def test_redeliveries_come_before_new_messages(world: World) -> None:
    await store(world, 1, 2)
    async with pulling(world.plane, limits=PullLimits(messages=1, bytes=MIB)) as receiver:
        delivery = await receiver.next()
        await delivery.nak()
        await world.rest()
        receiver.pull.done(delivery)
        again = await receiver.next()
        assert seen(again) == (1, 2)
        await again.ack()
        receiver.pull.done(again)
        assert seen(await receiver.next()) == (2, 1)


@pytest.mark.parametrize("final", ["ack", "discard"])
async def test_a_final_answer_is_final(world: World, final: str) -> None:
    await store(world, 1)
    async with pulling(world.plane) as receiver:
        delivery = await receiver.next()
        await (delivery.ack() if final == "ack" else delivery.discard("no frame"))
        await delivery.in_progress()
        await delivery.nak()
        await delivery.ack()
        await world.pass_seconds(WAIT)
        await none_comes(world, receiver)
    assert await world.stored("TEST") == 0


async def test_an_answer_to_an_earlier_delivery_is_valid_for_the_later_one(world: World) -> None:
    await store(world, 1)
    async with pulling(world.plane) as receiver:
        first = await receiver.next()
        await world.pass_seconds(WAIT)
        assert seen(await receiver.next()) == (1, 2)
        await first.ack()
        await world.pass_seconds(WAIT)
        await none_comes(world, receiver)
    assert await world.stored("TEST") == 0


async def test_each_consumer_of_a_limits_stream_gets_all_messages(
    world: World,
) -> None:
    kept = replace(QUEUE, name="KEPT", subjects=("kept.>",), retention=Retention.LIMITS)
    await world.provision(kept, ConsumerConfig("one"), ConsumerConfig("other"))
    for number in range(5):
        await world.plane.store(OutboundMessage(f"kept.{number}", b""))
    for consumer in ("one", "other"):
        async with pulling(world.plane, "KEPT", consumer) as receiver:
            found = await receiver.work_off(5)
            assert [seen(each) for each in found] == [(n, 1) for n in range(1, 6)]
            await none_comes(world, receiver)
    assert await world.stored("KEPT") == 5


async def test_a_lost_answer_raises_nothing(world: World) -> None:
    await store(world, 1)
    async with pulling(world.plane) as receiver:
        delivery = await receiver.next()
    await world.delete("TEST")
    for answer in (delivery.in_progress(), delivery.nak(), delivery.ack()):
        await answer
    await delivery.discard("nobody hears it")
