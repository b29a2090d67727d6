"""Keeps cancellations that a library loses.

nats-py waits with `asyncio.wait_for`, which before Python 3.12 swallows a cancellation that comes
in the same loop iteration as the result; a loop around it would then never end. Calls that only
write do not need this: our Client handles them.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def preserve_cancellation() -> Iterator[None]:
    """Around calls of nats-py: raise CancelledError at the end if a cancellation was swallowed.

    Also for code that cleans up after a cancellation: only new ones count.
    """
    before = cancellations()
    try:
        yield
    finally:
        raise_swallowed_cancellation(before)


def raise_swallowed_cancellation(before: int = 0) -> None:
    """Raise CancelledError if this task was cancelled more often than `before`."""
    if cancellations() > before:
        raise asyncio.CancelledError


def cancellations() -> int:
    """How often this task was cancelled, without those that have been dealt with."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0
