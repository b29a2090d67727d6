import asyncio

import pytest

from framemesh.monitor.dashboard.pictures.turns import Turns
from framemesh.runtime.concurrency.background_task import background_task


@pytest.fixture
async def turns() -> Turns:
    return Turns(lambda: 0.001)


async def test_who_asks_first_is_first(turns: Turns) -> None:
    order: list[int] = []

    async def take(number: int) -> None:
        await turns.next()
        order.append(number)

    async with background_task(turns.run()), asyncio.TaskGroup() as tasks:
        for number in range(10):
            tasks.create_task(take(number))
    assert order == list(range(10))


async def test_who_does_not_wait_any_more_takes_no_turn() -> None:
    turns = Turns(lambda: 1000.0)
    gone = [asyncio.ensure_future(turns.next()) for _ in range(100)]
    await asyncio.sleep(0)
    for each in gone:
        each.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    async with asyncio.timeout(20), background_task(turns.run()):
        await turns.next()


async def test_turns_come_at_their_pace() -> None:
    turns = Turns(lambda: 0.02)
    loop = asyncio.get_running_loop()
    async with background_task(turns.run()):
        await turns.next()
        began = loop.time()
        for _ in range(5):
            await turns.next()
    assert loop.time() - began >= 0.09
