"""Blocking calls in a thread that nobody waits for at the end of the program."""

import asyncio
import threading

import pytest

from framemesh.cli.common.daemon_thread import DaemonThread


def running(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


async def test_calls_run_in_order_and_give_what_they_return_or_raise() -> None:
    with DaemonThread("calls") as thread:
        assert await thread.call(lambda: threading.current_thread().name) == "calls"
        with pytest.raises(ZeroDivisionError):
            await thread.call(lambda: 1 // 0)
        assert await thread.call(lambda: 7) == 7


async def test_the_thread_ends_with_its_context_also_when_a_call_was_cancelled() -> None:
    stalled, begun = threading.Event(), threading.Event()

    def stall() -> None:
        begun.set()
        stalled.wait()

    with DaemonThread("stalled") as thread:
        (worker,) = running("stalled")
        call = asyncio.ensure_future(thread.call(stall))
        await asyncio.to_thread(begun.wait)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    stalled.set()
    await asyncio.to_thread(worker.join, 10)
    assert not running("stalled")
