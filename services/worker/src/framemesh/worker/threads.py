"""Work that would block the event loop, in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(pool: Executor, work: Callable[[], T]) -> T:
    """What `work` returns.

    A caller that is cancelled still waits for its end, which takes milliseconds: the memory that
    it writes to is not free before.
    """
    call = asyncio.get_running_loop().run_in_executor(pool, work)
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait([call])
        # Nobody wants its error any more; asking for it keeps asyncio from reporting it.
        _ = call.exception()
        raise
