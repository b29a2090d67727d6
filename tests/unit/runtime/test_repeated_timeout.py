"""A bound for one wait after another."""

import asyncio
import gc
import weakref

import pytest

from framemesh.runtime.concurrency.repeated_timeout import RepeatedTimeout

SHORT, LONG = 0.3, 60.0


async def test_one_wait_of_many_that_takes_too_long_is_ended() -> None:
    bound = RepeatedTimeout(SHORT)
    for _ in range(10):
        # Longer together than one may be.
        with bound:
            await asyncio.sleep(SHORT / 8)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError), bound:
        await asyncio.Event().wait()
    assert asyncio.get_running_loop().time() - began >= SHORT
    with bound:
        await asyncio.sleep(0)
    bound.close()


async def test_what_is_between_two_waits_takes_as_long_as_it_likes() -> None:
    bound = RepeatedTimeout(SHORT)
    with bound:
        await asyncio.sleep(0)
    await asyncio.sleep(3 * SHORT)
    with bound:
        await asyncio.sleep(SHORT / 8)
    bound.close()


async def test_another_error_of_a_wait_is_that_error() -> None:
    bound = RepeatedTimeout(SHORT)
    with pytest.raises(KeyError), bound:
        raise KeyError
    bound.close()


async def test_who_cancels_the_task_has_it_cancelled_also_when_time_is_over() -> None:
    bound, waiting = RepeatedTimeout(SHORT), asyncio.Event()

    async def wait() -> None:
        with bound:
            waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                # The time is over before the task has ended.
                await asyncio.sleep(0)

    task = asyncio.create_task(wait())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
    bound.close()


async def test_a_closed_one_keeps_no_task() -> None:
    async def wait() -> None:
        bound = RepeatedTimeout(LONG)
        with bound:
            await asyncio.sleep(0)
        bound.close()

    task = asyncio.create_task(wait())
    gone = weakref.ref(task)
    await task
    del task
    # The loop has it until the next turn.
    await asyncio.sleep(0)
    gc.collect()
    assert gone() is None


async def test_without_a_bound_there_is_no_timer() -> None:
    bound = RepeatedTimeout(float("inf"))
    with bound:
        await asyncio.sleep(0)
    bound.close()


async def test_the_timer_keeps_no_task_between_two_waits() -> None:
    """On a task that failed hangs all that it had: some 30 KB of a stream that is refused, for as
    long as a silence may be."""
    silence = RepeatedTimeout(3600)

    async def wait_and_fail() -> None:
        with silence:
            await asyncio.sleep(0)
        raise ValueError("refused")

    task = asyncio.create_task(wait_and_fail())
    await asyncio.wait([task])
    assert isinstance(task.exception(), ValueError)
    kept = weakref.ref(task)
    del task
    gc.collect()
    assert kept() is None
    silence.close()
