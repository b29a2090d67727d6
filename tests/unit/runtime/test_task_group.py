import asyncio
from collections.abc import Awaitable, Callable

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.cancellation import cancellations
from framemesh.runtime.concurrency.task_group import TaskGroup


class Away(FramemeshError):
    """What loops handle, and go on after."""


async def fail_when(woken: asyncio.Event) -> None:
    await woken.wait()
    raise Away


async def in_a_task(woken: asyncio.Event) -> None:
    async with TaskGroup() as tasks:
        tasks.create_task(fail_when(woken))
        await asyncio.Event().wait()


async def after_the_body(woken: asyncio.Event) -> None:
    async with TaskGroup() as tasks:
        tasks.create_task(fail_when(woken))


async def in_the_background(woken: asyncio.Event) -> None:
    async with background_task(fail_when(woken)):
        await asyncio.Event().wait()


async def slow_to_end(woken: asyncio.Event) -> None:
    async def lag() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)

    async with TaskGroup() as tasks:
        tasks.create_task(lag())
        await asyncio.sleep(0)
        await fail_when(woken)


Work = Callable[[asyncio.Event], Awaitable[None]]

WORKS = [
    pytest.param(each, id=each.__name__)
    for each in (in_a_task, after_the_body, in_the_background, slow_to_end)
]


@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("steps", range(4))
async def test_a_loop_ends_when_it_is_cancelled_while_its_work_fails(
    work: Work, steps: int
) -> None:
    woken = asyncio.Event()

    async def loop() -> None:
        while True:
            try:
                await work(woken)
            except* Away:
                woken.clear()

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    woken.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.01)
    assert task.cancelled()


@pytest.mark.parametrize("work", WORKS)
async def test_what_fails_comes_out_in_a_group(work: Work) -> None:
    woken = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, woken.set)
    with pytest.raises(ExceptionGroup) as failed:
        await work(woken)
    assert [type(each) for each in failed.value.exceptions] == [Away]
    assert cancellations() == 0


async def test_a_timeout_that_comes_with_a_failure_is_a_timeout() -> None:
    woken = asyncio.Event()

    async def work() -> None:
        async with asyncio.timeout(60) as timeout, TaskGroup() as tasks:
            tasks.create_task(fail_when(woken))
            await asyncio.sleep(0)
            woken.set()
            timeout.reschedule(0)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await work()
    await asyncio.sleep(0)


async def test_one_that_was_cancelled_before_may_still_fail() -> None:
    """Work that cleans up after a cancellation: only a new one counts."""

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await in_a_task(set_event())

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(ExceptionGroup):
        await task


def set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
