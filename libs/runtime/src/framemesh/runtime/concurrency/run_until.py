"""Running work until an event is set."""

import asyncio
from collections.abc import Coroutine

from framemesh.runtime.concurrency.task_group import TaskGroup


async def run_until(stop: asyncio.Event, *work: Coroutine[None, None, None]) -> None:
    """Run all of `work` at once, and cancel it when `stop` is set.

    Ends early only with an error: an exception group with what the work raised.
    """
    async with TaskGroup() as tasks:
        running = [tasks.create_task(each) for each in work]
        await stop.wait()
        for task in running:
            task.cancel()


async def cancel_when(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Run `work` to its end, or cancel it when `stop` is set; returns whether it came to its end.

    What the work raises comes out in an exception group.
    """
    async with TaskGroup() as tasks:
        working = tasks.create_task(work)
        watching = tasks.create_task(stop.wait())
        working.add_done_callback(lambda _: watching.cancel())
        watching.add_done_callback(lambda _: working.cancel())
    return not working.cancelled()


async def cancel_start(
    stop: asyncio.Event, started: asyncio.Event, work: Coroutine[None, None, None]
) -> None:
    """Run `work`, which ends by itself once `stop` is set, and sets `started` as soon as it has
    something to complete then. Before that it is cancelled.

    What the work raises comes out in an exception group.
    """
    async with TaskGroup() as tasks:
        working = tasks.create_task(work)
        watching = tasks.create_task(_cancel_unless(started, stop, working))
        working.add_done_callback(lambda _: watching.cancel())


async def _cancel_unless(
    started: asyncio.Event, stop: asyncio.Event, working: asyncio.Task[None]
) -> None:
    await stop.wait()
    if not started.is_set():
        working.cancel()
