"""Runs a task in the background of a context's body."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from framemesh.runtime.concurrency.task_group import TaskGroup


@asynccontextmanager
async def background_task(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` while the body runs, then cancel it and wait for its end.

    What the body raises comes out as it is, not in a group, after the work has ended. When the
    work fails, the body is cancelled and an exception group with the fault comes out.
    """
    raised: BaseException | None = None
    async with TaskGroup() as tasks:
        task = tasks.create_task(work)
        try:
            yield
        except BaseException as error:  # noqa: BLE001  raised again below, as what it is
            raised = error
        task.cancel()
    if raised is not None:
        raise raised
