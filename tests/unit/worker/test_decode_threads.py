"""Threads do the work, and one that works too long on a picture costs only that picture."""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from framemesh.worker.engine import decode_threads
from framemesh.worker.engine.decode_threads import DecodeJob, DecodeThreads, ThreadsStuck
from framemesh.worker.errors import TooSlowToDecode
from tests.waiting import eventually

LONG = 60.0
"""Seconds of CPU time that no test takes."""


@pytest.fixture
async def threads() -> AsyncIterator[DecodeThreads]:
    """Two, which are watched."""
    made = DecodeThreads(2)
    watch = asyncio.create_task(made.watch())
    yield made
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    made.close()


def nothing() -> None:
    pass


class Endless:
    """A decoder that works until it is told to stop."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.stop = threading.Event()
        self.ended = threading.Event()

    def decode(self) -> None:
        self.begun.set()
        while not self.stop.is_set():
            sum(range(1000))
        self.ended.set()


async def run(
    threads: DecodeThreads,
    decode: Callable[[], object],
    write: Callable[[], None] = nothing,
    cpu_seconds: float = LONG,
) -> None:
    """
    Raises:
        Exception: that of the job.
    """
    (error,) = await threads.run([DecodeJob(decode, cpu_seconds, write)])
    if error is not None:
        raise error


async def test_jobs_of_one_caller_run_in_several_threads_and_each_has_its_own_error(
    threads: DecodeThreads,
) -> None:
    meet = threading.Barrier(2)

    def fail() -> None:
        raise ValueError("no")

    jobs = [DecodeJob(partial(meet.wait, 10), LONG), DecodeJob(partial(meet.wait, 10), LONG)]
    first, second, third = await threads.run([*jobs, DecodeJob(fail, LONG)])
    assert (first, second, str(third)) == (None, None, "no")


async def test_a_picture_that_takes_too_long_is_not_that_of_the_others_of_its_group(
    threads: DecodeThreads,
) -> None:
    endless, wrote = Endless(), threading.Event()
    slow, other = await threads.run(
        [DecodeJob(endless.decode, 0.1), DecodeJob(nothing, LONG, wrote.set)]
    )
    assert isinstance(slow, TooSlowToDecode)
    assert other is None
    assert wrote.is_set()
    endless.stop.set()


async def test_both_steps_run_in_a_thread_one_after_the_other(threads: DecodeThreads) -> None:
    ran: list[tuple[str, int]] = []
    await run(
        threads,
        lambda: ran.append(("decode", threading.get_ident())),
        lambda: ran.append(("write", threading.get_ident())),
    )
    (first, thread), (second, other) = ran
    assert (first, second) == ("decode", "write")
    assert thread == other != threading.get_ident()


@pytest.mark.parametrize("step", [0, 1])
async def test_what_a_step_raises_comes_out(threads: DecodeThreads, step: int) -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run(threads, *((fail, nothing), (nothing, fail))[step])
    await run(threads, nothing)


async def test_who_is_cancelled_waits_for_the_end_of_the_work(threads: DecodeThreads) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended = False

    def work() -> None:
        nonlocal ended
        begun.set()
        go_on.wait(10)
        ended = True
        raise ValueError("nobody wants to know")

    task = asyncio.ensure_future(run(threads, work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended


async def test_who_is_cancelled_as_the_work_ends_does_not_wait_for_ever(
    threads: DecodeThreads,
) -> None:
    """The thread has said that it is done, and the event loop has not heard it yet."""
    begun, done = threading.Event(), threading.Event()

    def work_until_told() -> None:
        begun.set()
        done.wait(10)

    def cancel_at_the_end() -> None:
        done.set()
        # The loop is held meanwhile, so the thread can only leave it a note.
        time.sleep(0.05)
        task.cancel()

    task = asyncio.ensure_future(run(threads, work_until_told))
    await asyncio.to_thread(begun.wait, 10)
    cancel_at_the_end()
    finished, _ = await asyncio.wait([task], timeout=5)
    assert finished, "it waits for ever"
    assert task.cancelled()


async def test_what_takes_too_long_is_given_up_and_never_writes(threads: DecodeThreads) -> None:
    endless, wrote = Endless(), threading.Event()
    with pytest.raises(TooSlowToDecode, match=r"not decoded after 0.1 s of CPU time"):
        await run(threads, endless.decode, wrote.set, 0.1)
    endless.stop.set()
    await asyncio.to_thread(endless.ended.wait, 10)
    await run(threads, nothing)
    assert not wrote.is_set()


async def test_others_go_on_although_every_thread_hangs(threads: DecodeThreads) -> None:
    hanging = [Endless() for _ in range(4)]
    tasks = [asyncio.ensure_future(run(threads, one.decode, nothing, 0.1)) for one in hanging]
    async with asyncio.timeout(10):
        await run(threads, nothing)
        found = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in found} == {TooSlowToDecode}
    for one in hanging:
        one.stop.set()


async def test_waiting_is_not_counted_as_work(threads: DecodeThreads) -> None:
    """A busy machine must not make pictures too slow."""
    await run(threads, lambda: time.sleep(0.5), nothing, 0.05)


async def test_with_too_many_threads_that_hang_the_worker_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decode_threads, "MAX_OVERDUE", 2)
    threads = DecodeThreads(1)
    hanging = [Endless() for _ in range(3)]
    tasks = [asyncio.ensure_future(run(threads, one.decode, nothing, 0.05)) for one in hanging]
    with pytest.raises(ThreadsStuck, match="3 threads hang"):
        async with asyncio.timeout(10):
            await threads.watch()
    for one in hanging:
        one.stop.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in found} == {TooSlowToDecode}
    threads.close()


async def test_threads_that_were_given_up_end_with_their_work(threads: DecodeThreads) -> None:
    before = threading.active_count()
    endless = Endless()
    with pytest.raises(TooSlowToDecode):
        await run(threads, endless.decode, nothing, 0.05)
    assert threading.active_count() == before + 1
    endless.stop.set()
    await eventually(lambda: threading.active_count() <= before, 10)


class SlowQueue(queue.SimpleQueue[object]):
    """Whoever is told to end has ended before `put` returns."""

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
        running = threading.active_count()
        super().put(item)
        deadline = time.monotonic() + 5
        while item is None and threading.active_count() == running and time.monotonic() < deadline:
            time.sleep(0.001)


def test_threads_may_end_while_the_others_are_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "SimpleQueue", SlowQueue)
    DecodeThreads(3).close()
