"""A bound for one wait after another, each of which is short: one timer for all of them.

`asyncio.timeout` makes and cancels a timer for each, which costs more than the wait of a message
that is there already.
"""

import asyncio
import math
from types import TracebackType


class RepeatedTimeout:
    """As `asyncio.timeout`, to be entered again and again by one task at a time.

    Whoever has it calls `close` in the end, which ends its timer.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` for each wait; infinite: as long as it takes."""
        self._seconds = seconds
        self._since = math.inf
        """When the wait began, by the event loop's time; inf: nobody waits."""
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._expired = False
        self._cancelling = 0
        """Cancellations of the task by others, before the wait."""

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        if self._task is None:
            raise RuntimeError("a wait is that of a task")
        self._cancelling = self._task.cancelling()
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        if self._timer is None and not math.isinf(self._seconds):
            self._timer = loop.call_at(self._since + self._seconds, self._look)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """
        Raises:
            TimeoutError: it took too long, and nobody else cancelled the task.
        """
        self._since = math.inf
        # Not kept by the timer until that is over: on a task that failed hangs all that it had.
        task, self._task = self._task, None
        if not self._expired or task is None:
            return
        self._expired = False
        if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def close(self) -> None:
        """There are no more waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """The timer of an earlier wait is over: that of the present one may have begun later."""
        self._timer = None
        if math.isinf(self._since) or self._task is None:
            return
        loop, due = asyncio.get_running_loop(), self._since + self._seconds
        if loop.time() < due:
            self._timer = loop.call_at(due, self._look)
        else:
            self._expired = True
            self._task.cancel()
