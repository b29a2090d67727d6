"""Calls that may block, each in a thread that nobody waits for at the end."""

from collections.abc import Callable
from typing import TypeVar

from framemesh.cli.common.daemon_thread import DaemonThread

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """What `function` returns or raises. A disk or a driver that hangs keeps its thread, and not
    the command."""
    with DaemonThread("check") as thread:
        return await thread.call(function)
