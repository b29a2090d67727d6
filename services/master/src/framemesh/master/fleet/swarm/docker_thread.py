"""One thread for calls that block, each with a timeout."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from framemesh.master.fleet.swarm.errors import SwarmUnavailable

T = TypeVar("T")

CALL_TIMEOUT_SECONDS = 10.0
"""For a call with its wait for the thread. During an election Docker is silent for 20 s: the next
round asks again, and nobody waits for so long."""

MAX_WAITING = 64
"""Calls in the queue. Each is a few ms of work: with more of them Docker does not answer at all."""


class DockerThread:
    """Runs calls one after the other.

    A call that is late goes on in the thread until its socket times out; the calls behind it are
    given up as well, none of them for longer than its own timeout.
    """

    def __init__(self, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="docker")

    async def call(self, function: Callable[[], T]) -> T:
        """The result of `function`, which runs in the thread.

        Raises:
            SwarmUnavailable: there is none in time, or too many other calls wait.
        """
        if self._waiting >= MAX_WAITING:
            raise SwarmUnavailable(f"{self._waiting} calls wait for Docker: try again later")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await asyncio.get_running_loop().run_in_executor(self._thread, function)
        except TimeoutError as error:
            raise SwarmUnavailable(
                f"Docker did not answer within {self._timeout_seconds:g} s, as while the managers "
                "of the swarm elect a leader: trying again"
            ) from error
        finally:
            self._waiting -= 1

    def close(self, last: Callable[[], None]) -> None:
        """Run `last` in the thread when it is free, and end it; nobody waits for that."""
        self._thread.submit(last)
        self._thread.shutdown(wait=False)
