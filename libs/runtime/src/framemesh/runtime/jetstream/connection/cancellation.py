"""Keeping a cancellation that a library loses.

nats-py waits with `asyncio.wait_for`, which before Python 3.12 swallows a cancellation that comes
in the same moment as the answer; a loop around it would then never end. What only writes needs
nothing of this: our Client keeps it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def preserve_cancellation() -> Iterator[None]:
    """Around calls of nats-py: raise CancelledError at the end if one came meanwhile and was lost.

    Code that cleans up after a cancellation may use it too: only a new one counts.
    """
    before = _cancellations()
    try:
        yield
    finally:
        raise_swallowed_cancellation(before)


def raise_swallowed_cancellation(before: int = 0) -> None:
    """Raise CancelledError if this task was cancelled more often than `before`."""
    if _cancellations() > before:
        raise asyncio.CancelledError


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
