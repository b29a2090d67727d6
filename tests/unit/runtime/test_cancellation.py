import asyncio

import pytest

from framemesh.runtime.concurrency.cancellation import preserve_cancellation


async def deaf(entered: asyncio.Event, answer: asyncio.Event) -> None:
    """A library's call that swallows a cancellation."""
    try:
        entered.set()
        await answer.wait()
    except asyncio.CancelledError:
        return


async def test_a_cancellation_that_a_call_swallowed_is_not_lost() -> None:
    entered = asyncio.Event()

    async def work() -> None:
        while True:
            with preserve_cancellation():
                await deaf(entered, asyncio.Event())

    task = asyncio.ensure_future(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task


async def test_after_a_cancellation_one_may_still_clean_up() -> None:
    cleaned = False

    async def work() -> None:
        nonlocal cleaned
        try:
            await asyncio.Event().wait()
        finally:
            with preserve_cancellation():
                await asyncio.sleep(0)
            cleaned = True

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned
