"""What a data plane promises to those who store messages."""

import asyncio
from dataclasses import replace

import pytest

from framemesh.runtime.dataplane.errors import (
    AlreadyStored,
    PublishRefused,
    StreamFull,
    StreamMissing,
)
from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from tests.contract.planes import QUEUE, SECONDS, World, pulling


def message(number: int, size: int = 100) -> OutboundMessage:
    return OutboundMessage(f"test.{number % 4}", b"x" * size, f"m{number}")


async def fill(world: World) -> None:
    """Until there is room for no other message of 100 kB; the stream holds 1 MB."""
    for number in range(9):
        await world.plane.store(message(number, 100_000))


async def test_many_at_once_are_stored(world: World) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(1000):
            tasks.create_task(world.plane.store(message(number)))
    assert await world.stored("TEST") == 1000


async def test_a_message_comes_out_as_it_was_stored(world: World) -> None:
    stored = OutboundMessage(
        "test.a.B.c-1", bytes(range(256)), "cam/s/1", {"One": "1", "Two": "a: b, c"}
    )
    await world.plane.store(stored)
    async with pulling(world.plane) as receiver:
        delivery = await receiver.next()
    assert (delivery.subject, delivery.payload) == (stored.subject, stored.payload)
    assert {"One": "1", "Two": "a: b, c", ID_HEADER: "cam/s/1"}.items() <= delivery.headers.items()
    assert (delivery.sequence, delivery.attempt) == (1, 1)


async def test_messages_come_in_the_order_in_which_they_were_stored(world: World) -> None:
    for number in range(100):
        await world.plane.store(message(number))
    async with pulling(world.plane) as receiver:
        found = await receiver.work_off(100)
    assert [delivery.headers[ID_HEADER] for delivery in found] == [f"m{n}" for n in range(100)]
    assert [delivery.sequence for delivery in found] == list(range(1, 101))


async def test_the_same_id_is_stored_once(world: World) -> None:
    assert await world.plane.store(message(0)) is None
    assert await world.plane.store(message(1)) is None
    for _ in range(2):
        assert await world.plane.store(message(1)) == 2
    async with asyncio.TaskGroup() as tasks:
        for _ in range(50):
            tasks.create_task(world.plane.store(message(2)))
    assert await world.stored("TEST") == 3


async def test_an_id_is_recognised_during_the_duplicate_window(world: World) -> None:
    short = replace(QUEUE, name="SHORT", subjects=("short",), duplicate_seconds=0.2)
    await world.provision(short)
    for _ in range(2):
        await world.plane.store(OutboundMessage("short", b"", "again"))
    assert await world.stored("SHORT") == 1
    await world.pass_seconds(0.2)
    async with asyncio.timeout(SECONDS):
        while await world.stored("SHORT") == 1:
            await world.plane.store(OutboundMessage("short", b"", "again"))
    assert await world.stored("SHORT") == 2


async def test_the_first_message_of_a_subject_is_the_only_one(world: World) -> None:
    first = OutboundMessage("test.only.1", b"first")
    await world.plane.store(first)
    for again in (first, OutboundMessage("test.only.1", b"another")):
        with pytest.raises(AlreadyStored):
            await world.plane.store(again)
    await world.plane.store(OutboundMessage("test.only.2", b"elsewhere"))
    assert await world.stored("TEST") == 2


async def test_the_first_of_a_subject_is_known_by_its_id_when_it_is_stored_again(
    world: World,
) -> None:
    mine, others = (
        OutboundMessage("test.first", b"", who, stream="TEST", first=True) for who in ("a", "b")
    )
    for _ in range(3):
        await world.plane.store(mine)
    with pytest.raises(AlreadyStored):
        await world.plane.store(others)
    assert await world.stored("TEST") == 1


async def test_a_subject_takes_an_only_message_again_after_the_first_is_gone(world: World) -> None:
    only = OutboundMessage("test.only", b"")
    await world.plane.store(only)
    async with pulling(world.plane) as receiver:
        await receiver.work_off(1)
        await world.rest()
    await world.plane.store(only)


async def test_a_full_stream_refuses_until_there_is_room(world: World) -> None:
    await fill(world)
    with pytest.raises(StreamFull):
        await world.plane.store(message(9, 100_000))
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ReliableWriter(world.plane).write(message(9, 100_000)))
        await world.rest()
        assert not waiting.done()
        async with pulling(world.plane) as receiver:
            await receiver.work_off(1)
            await waiting
    assert await world.stored("TEST") == 9


async def test_a_full_stream_still_recognises_duplicates(world: World) -> None:
    await world.plane.store(OutboundMessage("test.only", b""))
    await fill(world)
    await world.plane.store(message(8, 100_000))
    with pytest.raises(AlreadyStored):
        await world.plane.store(OutboundMessage("test.only", b"x" * 100_000))
    assert await world.stored("TEST") == 10


@pytest.mark.parametrize("subject", ["nobody.listens", "test", "some.x.y", "some.other"])
async def test_a_subject_without_a_stream_is_an_error(world: World, subject: str) -> None:
    await world.provision(replace(QUEUE, name="SOME", subjects=("some.*.z", "some.one")))
    with pytest.raises(StreamMissing):
        await world.plane.store(OutboundMessage(subject, b"", "m"))


@pytest.mark.parametrize("subject", ["some.x.z", "some.one", "deep.er.and.deeper"])
async def test_a_message_goes_to_the_stream_of_its_subject(world: World, subject: str) -> None:
    some = replace(QUEUE, name="SOME", subjects=("some.*.z", "some.one", "deep.>"))
    await world.provision(some)
    await world.plane.store(OutboundMessage(subject, b"", "m"))
    assert (await world.stored("SOME"), await world.stored("TEST")) == (1, 0)


@pytest.mark.parametrize("over", [-10, 0, 1, 10_000_000])
async def test_a_message_that_is_too_large_is_refused_and_the_next_one_is_not(
    world: World, over: int
) -> None:
    """Its headers count, too."""
    with pytest.raises(PublishRefused):
        await world.plane.store(message(1, world.plane.max_message_bytes + over))
    await world.plane.store(message(2))
    assert await world.stored("TEST") == 1


async def test_the_largest_message_is_delivered(world: World) -> None:
    room = world.plane.max_message_bytes
    large = replace(QUEUE, name="LARGE", subjects=("large",), max_bytes=2 * room)
    await world.provision(large)
    largest = message(1, room - 100)
    await world.plane.store(replace(largest, subject="large"))
    assert await world.stored("LARGE") == 1


async def test_a_cancelled_store_may_be_repeated(world: World) -> None:
    for turns in range(5):
        cancelled = [asyncio.ensure_future(world.plane.store(message(n))) for n in range(500)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in cancelled:
            task.cancel()
        await asyncio.wait(cancelled)
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
        for number in range(500):
            tasks.create_task(world.plane.store(message(number)))
    assert await world.stored("TEST") == 500


async def begun(world: World, message: OutboundMessage) -> int | None:
    """The answer to a message that is begun, or stored where that had to wait."""
    answer = world.plane.begin_store(message)
    return await (world.plane.store(message) if answer is None else answer)


async def test_what_is_begun_is_stored_in_that_order(world: World) -> None:
    answers = [world.plane.begin_store(message(number)) for number in range(100)]
    assert [await answer for answer in answers if answer] == [None] * 100
    async with pulling(world.plane) as receiver:
        found = await receiver.work_off(100)
    assert [delivery.headers[ID_HEADER] for delivery in found] == [f"m{n}" for n in range(100)]


async def test_what_is_begun_twice_is_stored_once(world: World) -> None:
    assert await begun(world, message(1)) is None
    assert await begun(world, message(1)) == 1
    assert await world.plane.store(message(1)) == 1
    assert await world.stored("TEST") == 1


async def test_what_is_begun_fails_as_what_is_stored(world: World) -> None:
    await fill(world)
    for faulty, error in (
        (message(99, 100_000), StreamFull),
        (OutboundMessage("nowhere", b"x", "m0"), StreamMissing),
        (message(98, world.plane.max_message_bytes + 1), PublishRefused),
    ):
        with pytest.raises(error):
            await begun(world, faulty)


async def test_what_was_begun_and_given_up_frees_its_room(world: World) -> None:
    for number in range(3000):
        if answer := world.plane.begin_store(message(number % 10)):
            answer.cancel()
        if not number % 50:
            await asyncio.sleep(0)
    assert await begun(world, message(11)) is None


async def test_more_than_can_be_under_way_is_not_begun(world: World) -> None:
    """It is stored, and waits for its turn."""
    async with asyncio.TaskGroup() as tasks:
        for number in range(2000):
            tasks.create_task(begun(world, message(number)))
    assert await world.stored("TEST") == 2000
