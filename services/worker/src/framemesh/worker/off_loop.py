"""Work on many detections, done beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FEW_DETECTIONS = 64
"""To go through them takes a millisecond or two; a thread costs a tenth of one. A thousand masks
would stop the event loop for 50 ms."""


async def off_loop(work: Callable[[], T], detections: int) -> T:
    """What `work` returns, computed in a thread if it goes through more than a few detections.

    Cancelled, it leaves the thread to its work: that must write to nothing that others use.
    """
    if detections <= FEW_DETECTIONS:
        return work()
    return await asyncio.to_thread(work)
