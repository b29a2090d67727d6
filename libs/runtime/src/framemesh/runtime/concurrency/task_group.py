"""Task groups that end when they are cancelled, whatever fails at the same moment."""

import asyncio
import sys
from types import TracebackType
from typing import Self, cast

from framemesh.core.errors import leaves
from framemesh.runtime.concurrency.cancellation import cancellations
from framemesh.runtime.logs import get_logger

log = get_logger()


class TaskGroup(asyncio.TaskGroup):  # noqa: TID251  this is what is used instead
    """asyncio.TaskGroup, but a cancellation from outside is never lost.

    Before Python 3.13 that class swallows one that comes together with a failure of one of its
    tasks (CPython issue 116720), and a loop that handles such failures goes on for ever. Both come
    together when a process wakes up after it was suspended: its lease has ended, which cancels all
    that it does, and each of its calls has failed.
    """

    _parent_cancel_requested: bool
    """Of asyncio, whose type stubs do not have it."""

    async def __aenter__(self) -> Self:
        self._cancelled_before = cancellations()
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """
        Raises:
            CancelledError: cancelled from outside; what failed meanwhile is logged.
            BaseExceptionGroup: what failed.
        """
        if sys.version_info >= (3, 13):
            return await super().__aexit__(kind, error, trace)
        taken_back = self._parent_cancel_requested
        try:
            await super().__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            # That class cancels its own task when a part fails, and takes it back only where that
            # was before the end of the body.
            if self._parent_cancel_requested and not taken_back:
                cast("asyncio.Task[object]", asyncio.current_task()).uncancel()
            if cancellations() == self._cancelled_before:
                raise
            # Most of it follows from that: gRPC, for one, refuses to write to a call that is gone.
            log.info("failed while it was cancelled", errors=list(map(repr, leaves(group))))
            raise asyncio.CancelledError from group
