import asyncio

from framemesh.runtime.concurrency.run_until import cancel_start


async def test_work_that_is_told_to_stop_before_it_started_is_cancelled() -> None:
    stop, started = asyncio.Event(), asyncio.Event()
    stop.set()
    async with asyncio.timeout(5):
        await cancel_start(stop, started, _wait(asyncio.Event()))


async def test_work_that_started_completes_what_it_has() -> None:
    stop, started, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    started.set()
    running = asyncio.create_task(cancel_start(stop, started, _wait(may_end)))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not running.done()
    may_end.set()
    async with asyncio.timeout(5):
        await running


async def test_work_may_end_before_anybody_stops_it() -> None:
    async with asyncio.timeout(5):
        await cancel_start(asyncio.Event(), asyncio.Event(), asyncio.sleep(0))


async def _wait(until: asyncio.Event) -> None:
    await until.wait()
