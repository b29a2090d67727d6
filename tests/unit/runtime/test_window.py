import asyncio

import pytest

from framemesh.runtime.concurrency.window import Window


async def waiting(window: Window, size: int) -> asyncio.Task[None]:
    task = asyncio.ensure_future(window.acquire(size))
    await asyncio.sleep(0)
    return task


async def hold(window: Window) -> None:
    async with window.held(1):
        await asyncio.Event().wait()


async def test_a_window_admits_up_to_its_count_and_its_bytes() -> None:
    window = Window(max_count=2, max_bytes=100)
    await window.acquire(40)
    await window.acquire(60)
    third = await waiting(window, 1)
    assert not third.done()
    window.release(40)
    await third
    assert (window.count, window.bytes) == (2, 61)


async def test_what_is_larger_than_the_window_is_admitted_alone() -> None:
    window = Window(max_count=8, max_bytes=100)
    await window.acquire(10)
    large = await waiting(window, 500)
    assert not large.done()
    window.release(10)
    await large


async def test_the_first_that_came_is_the_first_admitted() -> None:
    window = Window(max_count=8, max_bytes=100)
    await window.acquire(90)
    large, small = await waiting(window, 50), await waiting(window, 5)
    assert not small.done()
    window.release(90)
    await large
    await small


async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    window = Window(max_count=1, max_bytes=100)
    await window.acquire(1)
    gives_up, stays = await waiting(window, 1), await waiting(window, 1)
    gives_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gives_up
    window.release(1)
    await stays
    window.release(1)
    assert (window.count, window.bytes) == (0, 0)


async def test_several_waiters_cancelled_at_once_leave_no_trace() -> None:
    """A place becomes free while some that wait were cancelled and do not know it yet."""
    window = Window(max_count=1, max_bytes=100)
    holder = asyncio.ensure_future(hold(window))
    await asyncio.sleep(0)
    others = [await waiting(window, 1) for _ in range(3)]
    last = await waiting(window, 1)
    for task in (holder, *others):
        task.cancel()
    await asyncio.wait([holder, *others])
    await last
    window.release(1)
    assert (window.count, window.bytes) == (0, 0)


async def test_a_waiter_cancelled_after_its_admission_passes_it_on() -> None:
    window = Window(max_count=1, max_bytes=100)
    await window.acquire(1)
    gives_up, stays = await waiting(window, 1), await waiting(window, 1)
    window.release(1)
    gives_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gives_up
    await stays
    assert window.count == 1
