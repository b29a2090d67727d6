"""The threads in which pictures are made."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from framemesh.core.errors import Code, FramemeshError
from framemesh.monitor.dashboard.pictures.pace import Pace

T = TypeVar("T")

THREADS = 2

MAX_JOBS = 16
"""In work or waiting. Each that waits holds an image of some hundred KB, of 8 MB at most."""


class Busy(FramemeshError):
    """There is more to do than can be done in time."""

    code = Code.EXHAUSTED


class Workshop:
    """A few threads; what they have no time for is refused, not queued."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._threads = ThreadPoolExecutor(THREADS, "picture")
        self._jobs = 0

    async def do(self, work: Callable[[], T]) -> T:
        """
        Raises:
            Busy: not now.
        """
        if self._jobs >= MAX_JOBS:
            raise Busy("too many pictures at once")
        self._jobs += 1
        job = asyncio.get_running_loop().run_in_executor(self._threads, self._measured, work)
        # Also of a caller who does not wait for it any more.
        job.add_done_callback(self._finished)
        return await job

    def _measured(self, work: Callable[[], T]) -> T:
        began, used = time.perf_counter(), time.thread_time()
        try:
            return work()
        finally:
            self.pace.observe(time.thread_time() - used, time.perf_counter() - began)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _finished(self, job: "asyncio.Future[T]") -> None:
        self._jobs -= 1
        if not job.cancelled():
            job.exception()
