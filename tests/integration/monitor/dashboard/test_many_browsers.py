"""Many browsers at once, and one that reads nothing."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from framemesh.monitor.dashboard.live.endpoint import MAX_BROWSERS
from tests.dashboard_browser import Browser
from tests.integration.monitor.dashboard.conftest import Dashboard
from tests.integration.monitor.dashboard.test_wall import wall

MANY = 50


async def opened(board: Dashboard, stack: AsyncExitStack, count: int) -> list[Browser]:
    return [await stack.enter_async_context(board.browser()) for _ in range(count)]


@pytest.mark.loop_limit(1.0)
async def test_fifty_browsers_get_pictures_while_one_reads_nothing(
    board: Dashboard, cameras: Any
) -> None:
    names = ["north", "south"]
    async with cameras(*names), AsyncExitStack() as stack:
        idle, *browsers = await opened(board, stack, MANY + 1)
        # Its socket is full soon: nobody takes what comes.
        idle.socket.transport.pause_reading()
        for each in (idle, *browsers):
            await each.ask(mesh=True, **wall(*names, width=1280))
        for _ in range(3):
            await asyncio.gather(*(each.picture() for each in browsers))
        await asyncio.gather(*(each.message("mesh") for each in browsers))
        idle.socket.transport.abort()


async def test_one_browser_too_many_is_told_so(board: Dashboard) -> None:
    async with AsyncExitStack() as stack:
        await opened(board, stack, MAX_BROWSERS)
        async with board.browser() as refused:
            assert "64 browsers" in (await refused.message("error"))["error"]
            with pytest.raises(ConnectionClosed):
                await refused.message("mesh")
            assert refused.socket.close_code == 1013
    async with board.browser() as browser:
        await browser.ask(mesh=True)
        await browser.message("mesh")


async def test_too_many_cameras_are_refused_and_what_was_looked_at_stays(
    board: Dashboard, cameras: Any
) -> None:
    async with cameras("north"), board.browser() as one, board.browser() as other:
        await one.ask(**wall("north"))
        await one.picture()
        for number, each in enumerate((one, other)):
            await each.ask(**wall(*(f"camera-{number}-{index}" for index in range(256))))
        async with board.browser() as third:
            await third.ask(**wall("north"))
            assert "looked at already" in (await third.message("error"))["error"]
            # One page after another takes no more room than one.
            await one.ask(**wall(*(f"camera-2-{index}" for index in range(256))))
            await other.ask()
            await third.ask(**wall("north"))
            await third.picture()
