"""Workers of a node that start at the same time: as many as there are CPUs."""

import asyncio

import pytest

from framemesh.agent.start_slots import StartSlot, StartSlots


def asked(slots: StartSlots, count: int) -> list[asyncio.Task[StartSlot]]:
    return [asyncio.create_task(slots.take()) for _ in range(count)]


async def settled() -> None:
    """Every task went as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def taken(tasks: list[asyncio.Task[StartSlot]]) -> list[bool]:
    return [task.done() and not task.cancelled() for task in tasks]


async def test_as_many_start_as_there_are_slots_and_the_others_in_the_order_they_asked() -> None:
    tasks = asked(StartSlots(2), 4)
    await settled()
    assert taken(tasks) == [True, True, False, False]
    tasks[1].result().give_back()
    await settled()
    assert taken(tasks) == [True, True, True, False]
    tasks[0].result().give_back()
    assert await tasks[3]


async def test_a_slot_that_is_given_back_twice_is_one_slot() -> None:
    tasks = asked(StartSlots(1), 3)
    await settled()
    tasks[0].result().give_back()
    tasks[0].result().give_back()
    await settled()
    assert taken(tasks) == [True, True, False]
    tasks[1].result().give_back()
    await tasks[2]


async def test_a_start_that_takes_long_holds_up_no_other() -> None:
    slots = StartSlots(1, held_seconds=0.01)
    first = await slots.take()
    async with asyncio.timeout(5):
        second = await slots.take()
    # What comes late gives back nothing: the slot is that of the second.
    first.give_back()
    third = asyncio.create_task(slots.take())
    await settled()
    assert not third.done()
    second.give_back()
    (await third).give_back()


async def test_one_that_no_longer_waits_takes_no_slot() -> None:
    slots = StartSlots(1)
    first, second, third = asked(slots, 3)
    await settled()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    first.result().give_back()
    await third
