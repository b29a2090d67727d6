"""Running work until an event is set."""

import asyncio
from collections.abc import Coroutine


async def until(stop: asyncio.Event, *work: Coroutine[None, None, None]) -> None:
    """Run all of `work` at once, and cancel it when `stop` is set.

    Ends early only with an error: an exception group with what the work raised.
    """
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(each) for each in work]
        await stop.wait()
        for task in running:
            task.cancel()
