"""What a data plane promises to those who pull."""

import asyncio
from dataclasses import replace

import pytest

from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone, PullTooSmall
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.memory.config import ConsumerConfig
from tests.contract.planes import ALL, MIB, QUEUE, SECONDS, World, open_pull, pulling


async def fill(world: World, count: int, size: int = 10, subject: str = "test.x") -> None:
    for number in range(count):
        await world.plane.store(OutboundMessage(subject, b"x" * size, f"{subject}-{number}"))


async def test_messages_come_once_in_order_within_the_count_limit(
    world: World,
) -> None:
    await fill(world, 300)
    async with pulling(world.plane, limits=PullLimits(messages=16, bytes=MIB)) as receiver:
        await world.rest()
        assert receiver.arrived.qsize() == 16
        sequences: list[int] = []
        for _ in range(300):
            delivery = await receiver.next()
            assert receiver.arrived.qsize() < 16
            assert delivery.attempt == 1
            sequences.append(delivery.sequence)
            await delivery.ack()
            receiver.pull.done(delivery)
        await world.rest()
        assert receiver.arrived.empty()
    assert sequences == list(range(1, 301))
    assert await world.stored("TEST") == 0


async def test_messages_come_within_the_byte_limit(world: World) -> None:
    await fill(world, 8, size=40_000)
    async with pulling(world.plane, limits=PullLimits(messages=20, bytes=100_000)) as receiver:
        for _ in range(8):
            await world.rest()
            assert receiver.arrived.qsize() <= 2
            await receiver.work_off(1)


async def test_an_acked_message_counts_until_it_is_done(world: World) -> None:
    await fill(world, 8)
    async with pulling(world.plane, limits=PullLimits(messages=4, bytes=MIB)) as receiver:
        held = await receiver.several(4)
        for delivery in held:
            await delivery.ack()
        await world.rest()
        assert receiver.arrived.empty()
        for delivery in held:
            receiver.pull.done(delivery)
        assert [each.sequence for each in await receiver.several(4)] == [5, 6, 7, 8]


async def test_other_limits_hold_from_now_on(world: World) -> None:
    await fill(world, 40)
    async with pulling(world.plane, limits=PullLimits(messages=2, bytes=MIB)) as receiver:
        await world.rest()
        assert receiver.arrived.qsize() == 2
        receiver.pull.limit(PullLimits(messages=12, bytes=MIB))
        await world.rest()
        assert receiver.arrived.qsize() == 12
        receiver.pull.limit(PullLimits(messages=4, bytes=MIB))
        await receiver.work_off(7)
        await world.rest()
        assert receiver.arrived.qsize() == 5
        await receiver.work_off(5)
        await world.rest()
        assert receiver.arrived.qsize() == 4


async def test_a_message_larger_than_the_free_bytes_waits(world: World) -> None:
    limits = PullLimits(messages=8, bytes=100_000)
    await fill(world, 1, size=30_000)
    async with pulling(world.plane, limits=limits) as receiver:
        first = await receiver.next()
        await fill(world, 1, size=80_000, subject="test.large")
        await world.rest()
        assert receiver.arrived.empty()
        receiver.pull.done(first)
        assert len((await receiver.next()).payload) == 80_000


async def test_a_message_that_is_larger_than_the_limits_ends_the_pull(world: World) -> None:
    await fill(world, 1, size=30_000)
    await fill(world, 1, size=200_000, subject="test.large")
    limits = PullLimits(messages=8, bytes=100_000)
    async with open_pull(world.plane, limits=limits) as receiver, asyncio.timeout(SECONDS):
        running = asyncio.ensure_future(receiver.pull.run())
        receiver.pull.done(await receiver.next())
        with pytest.raises(PullTooSmall, match="let the pull have more"):
            await running


async def test_a_message_stored_during_a_pull_comes_at_once(world: World) -> None:
    async with pulling(world.plane) as receiver:
        for number in range(20):
            await world.plane.store(OutboundMessage("test.x", b"", f"{number}"))
            await receiver.work_off(1)


async def test_a_consumer_delivers_the_messages_of_its_filter(world: World) -> None:
    await world.provision(
        replace(QUEUE, name="TWO", subjects=("two.>",)),
        ConsumerConfig("east", "two.*.east"),
        ConsumerConfig("west", "two.*.west"),
    )
    for direction in ("east", "west", "east", "north"):
        await fill(world, 1, subject=f"two.a.{direction}")
    async with (
        pulling(world.plane, "TWO", "east") as first,
        pulling(world.plane, "TWO", "west") as second,
    ):
        assert {each.subject for each in await first.work_off(1)} == {"two.a.east"}
        assert {each.subject for each in await second.work_off(1)} == {"two.a.west"}
        await world.rest()
        assert first.arrived.empty()
        assert second.arrived.empty()


async def test_several_pulls_of_a_consumer_share_its_messages(world: World) -> None:
    limits = PullLimits(messages=8, bytes=MIB)
    taken: list[list[int]] = [[], []]
    async with (
        pulling(world.plane, limits=limits) as first,
        pulling(world.plane, limits=limits) as second,
        asyncio.timeout(SECONDS),
    ):
        await world.rest()
        await fill(world, 100)
        while sum(map(len, taken)) < 100:
            await asyncio.sleep(0.001)
            for receiver, sequences in zip((first, second), taken, strict=True):
                waiting = receiver.arrived.qsize()
                sequences += [each.sequence for each in await receiver.work_off(waiting)]
    assert sorted(taken[0] + taken[1]) == list(range(1, 101))
    assert all(sequences == sorted(sequences) for sequences in taken)
    assert min(map(len, taken)) >= 20


@pytest.mark.parametrize("names", [("TEST", "nobody"), ("NOTHING", "all")])
async def test_a_consumer_that_does_not_exist_ends_the_pull(
    world: World, names: tuple[str, str]
) -> None:
    async with open_pull(world.plane, *names) as receiver, asyncio.timeout(SECONDS):
        with pytest.raises(ConsumerGone):
            await receiver.pull.run()


async def test_a_consumer_that_is_deleted_ends_the_pull(world: World) -> None:
    async with open_pull(world.plane) as receiver, asyncio.timeout(SECONDS):
        running = asyncio.ensure_future(receiver.pull.run())
        await world.rest()
        await world.delete("TEST")
        with pytest.raises(ConsumerGone):
            await running


async def test_a_pull_ends_when_it_is_cancelled_and_may_run_again(world: World) -> None:
    await fill(world, 40)
    async with open_pull(world.plane) as receiver, asyncio.timeout(SECONDS):
        for _ in range(4):
            async with background_task(receiver.pull.run()):
                await receiver.work_off(10)
        await world.rest()
        assert receiver.arrived.qsize() <= 16


async def test_unanswered_messages_of_a_closed_pull_go_to_another_one(world: World) -> None:
    await fill(world, 40)
    async with pulling(world.plane) as first:
        await first.several(5)
    async with pulling(world.plane, limits=PullLimits(messages=40, bytes=MIB)) as second:
        rest = await second.several(40 - 16)
        assert [each.attempt for each in rest] == [1] * len(rest)
        await world.pass_seconds(ALL.ack_seconds)
        left = await second.several(16)
        assert sorted(each.sequence for each in left) == list(range(1, 17))


async def test_a_pull_that_ends_receives_all_messages_on_their_way(world: World) -> None:
    """What it was sent and did not hand on would be missing until the ack wait is over."""
    patient = ConsumerConfig("patient", ack_seconds=600)
    await world.provision(replace(QUEUE, name="FLOW", subjects=("flow",)), patient)
    await fill(world, 200, subject="flow")
    found: list[ReceivedMessage] = []
    async with asyncio.timeout(SECONDS):
        while len(found) < 200:
            async with pulling(world.plane, "FLOW", "patient") as receiver:
                found += await receiver.work_off(1)
            found += await receiver.work_off(receiver.arrived.qsize())
    assert sorted(each.sequence for each in found) == list(range(1, 201))
