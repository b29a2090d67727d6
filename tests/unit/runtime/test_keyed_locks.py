"""Locks by key: who waits for whom."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from framemesh.runtime.concurrency.keyed_locks import KeyedLocks


@pytest.fixture
def locks() -> KeyedLocks:
    return KeyedLocks()


async def waits(lock: AbstractAsyncContextManager[None]) -> bool:
    """Whether it cannot be had now. It is left at once where it can."""

    async def hold() -> None:
        async with lock:
            pass

    holding = asyncio.ensure_future(hold())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting = not holding.done()
    holding.cancel()
    await asyncio.wait([holding])
    return waiting


async def test_one_key_is_held_by_one_and_others_do_not_wait(locks: KeyedLocks) -> None:
    async with locks.exclusive("street"):
        assert await waits(locks.exclusive("street"))
        assert await waits(locks.exclusive("yard", "street"))
        assert not await waits(locks.exclusive("yard"))
    assert not await waits(locks.exclusive("street"))


async def test_what_is_shared_keeps_out_those_alone_who_want_all_of_it(locks: KeyedLocks) -> None:
    async with locks.shared("person", "face"), locks.shared("person"):
        assert await waits(locks.exclusive("person"))
        assert not await waits(locks.shared("person"))
    async with locks.exclusive("person"):
        assert await waits(locks.shared("face", "person"))
        assert not await waits(locks.shared("face"))


async def test_who_waits_for_two_keys_holds_none_of_them(locks: KeyedLocks) -> None:
    async with locks.exclusive("b"):
        waiting = asyncio.ensure_future(locks.exclusive("a", "b").__aenter__())
        await asyncio.sleep(0)
        assert not await waits(locks.exclusive("a"))
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_who_gives_up_waiting_leaves_nothing_behind(locks: KeyedLocks) -> None:
    async with locks.shared("a"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), locks.exclusive("a"):
                pass
    assert not await waits(locks.exclusive("a"))


async def test_all_who_wait_get_their_turn(locks: KeyedLocks) -> None:
    inside, most, turns = 0, 0, 0

    async def hold() -> None:
        nonlocal inside, most, turns
        async with locks.exclusive("a"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            turns += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(hold())
    assert (turns, most) == (20, 1)
