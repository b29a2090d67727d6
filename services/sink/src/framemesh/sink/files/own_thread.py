"""A thread for the blocking work of one sink: a disk that hangs holds up no other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

END_SECONDS = 2.0
"""For work that was begun, when its caller is cancelled."""


class OwnThread:
    """Does one thing after the other."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """Do it in the thread. Cancelled, it waits END_SECONDS at most for its end: whoever writes
        there next should not do so at the same time."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future], timeout=END_SECONDS)
            raise

    def close(self) -> None:
        """What is waiting is not done."""
        self._executor.shutdown(wait=False, cancel_futures=True)
