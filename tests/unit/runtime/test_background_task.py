import asyncio

import pytest

from framemesh.runtime.concurrency.background_task import background_task


class Work:
    def __init__(self) -> None:
        self.running = False

    async def run(self) -> None:
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False


async def test_the_work_runs_while_the_body_does() -> None:
    work = Work()
    async with background_task(work.run()):
        await asyncio.sleep(0)
        assert work.running
    assert not work.running


async def test_what_the_body_raises_is_in_no_group() -> None:
    work = Work()
    with pytest.raises(KeyError):
        async with background_task(work.run()):
            raise KeyError
    assert not work.running


async def test_a_body_that_is_cancelled_ends_the_work_too() -> None:
    work = Work()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), background_task(work.run()):
            await asyncio.Event().wait()
    assert not work.running


async def test_work_that_fails_ends_the_body() -> None:
    async def fail() -> None:
        raise ValueError

    with pytest.RaisesGroup(ValueError):
        async with background_task(fail()):
            await asyncio.Event().wait()
