"""What blocks an event loop is found, and a busy machine is not."""

import asyncio
import multiprocessing
import time

import pytest

from tests.loop_monitor import LIMIT_SECONDS, LoopMonitor, Usage


@pytest.mark.blocks_loop("that is what is tested")
async def test_a_call_that_sleeps_in_the_loop_is_found(loop_monitor: LoopMonitor) -> None:
    await asyncio.sleep(0)
    time.sleep(2 * LIMIT_SECONDS)  # noqa: ASYNC251
    await asyncio.sleep(0)
    (found,) = loop_monitor.take()
    assert "time.sleep(2 * LIMIT_SECONDS)" in found


async def test_awaits_and_short_calls_are_not(loop_monitor: LoopMonitor) -> None:
    for _ in range(5):
        time.sleep(LIMIT_SECONDS / 5)  # noqa: ASYNC251
        await asyncio.sleep(LIMIT_SECONDS / 5)
    assert not loop_monitor.take()


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def test_waiting_for_a_cpu_is_not(loop_monitor: LoopMonitor) -> None:
    """With two processes more on each CPU, a short call takes long."""
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=spin, args=(3.0,)) for _ in range(2 * multiprocessing.cpu_count())
    ]
    for other in others:
        await asyncio.to_thread(other.start)
    longest = 0.0
    for _ in range(6):
        began, cpu = time.monotonic(), time.thread_time()
        while time.thread_time() - cpu < LIMIT_SECONDS / 2:
            pass
        longest = max(longest, time.monotonic() - began)
        await asyncio.sleep(0)
    for other in others:
        other.kill()
        await asyncio.to_thread(other.join)
    assert not loop_monitor.take(), f"{longest:.2f} s"


def test_what_a_thread_waited_that_ended_is_nobodys() -> None:
    before = Usage(at=10.0, ran=1.0, waited={"1": 3.0, "2": 128.0}, ready=False)
    after = Usage(at=10.5, ran=1.1, waited={"1": 3.4, "3": 0.05}, ready=False)
    assert after.blocked_since(before) == pytest.approx(0.05)
