import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from framemesh.worker.engine.threads import run_in_pool


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as found:
        yield found


async def test_what_the_work_returns_or_raises_comes_out(pool: ThreadPoolExecutor) -> None:
    def fail() -> None:
        raise ValueError("no")

    assert await run_in_pool(pool, threading.get_ident) != threading.get_ident()
    with pytest.raises(ValueError, match="no"):
        await run_in_pool(pool, fail)


async def test_who_is_cancelled_waits_for_the_end_of_the_work(pool: ThreadPoolExecutor) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended = False

    def work() -> None:
        nonlocal ended
        begun.set()
        go_on.wait(10)
        ended = True
        raise ValueError("nobody wants to know")

    task = asyncio.ensure_future(run_in_pool(pool, work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended
