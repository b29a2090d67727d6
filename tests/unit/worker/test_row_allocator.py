"""Rows are granted in order, and none is ever lost."""

import asyncio

import pytest

from framemesh.worker.triton import row_allocator as rows_module
from framemesh.worker.triton.row_allocator import RowAllocator


async def test_rows_are_lent_in_order_and_again_after_release() -> None:
    rows = RowAllocator(4)
    assert await rows.reserve(2) == [0, 1]
    assert await rows.reserve(1) == [2]
    rows.release([0, 1, 2])
    assert await rows.reserve(4) == [0, 1, 2, 3]
    assert rows.free == 0


async def test_a_request_for_many_rows_is_not_overtaken() -> None:
    rows = RowAllocator(4)
    held = await rows.reserve(3)
    async with asyncio.TaskGroup() as tasks:
        many = tasks.create_task(rows.reserve(3))
        await asyncio.sleep(0)
        few = tasks.create_task(rows.reserve(1))
        await asyncio.sleep(0)
        assert not many.done()
        assert not few.done()
        rows.release(held)
    assert sorted(many.result() + few.result()) == [0, 1, 2, 3]


async def test_a_cancelled_waiter_takes_no_rows() -> None:
    rows = RowAllocator(1)
    held = await rows.reserve(1)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(rows.reserve(1))
        await asyncio.sleep(0)
        rows.release(held)  # the row is the waiting one's now, who has not noticed yet
        waiting.cancel()
    assert rows.free == 1


async def test_a_quarantined_row_comes_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "QUARANTINE_SECONDS", 0.01)
    rows = RowAllocator(1)
    rows.quarantine(await rows.reserve(1))
    assert rows.free == 0
    async with asyncio.timeout(5):
        assert await rows.reserve(1) == [0]


async def test_quarantine_ends_with_the_triton_that_may_have_used_the_rows() -> None:
    rows = RowAllocator(2)
    rows.quarantine(await rows.reserve(2))
    rows.end_quarantine()
    assert rows.free == 2


async def test_a_cancelled_waiter_does_not_hold_up_the_next_one() -> None:
    rows = RowAllocator(4)
    held = await rows.reserve(3)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        many = tasks.create_task(rows.reserve(3))
        few = tasks.create_task(rows.reserve(1))
        await asyncio.sleep(0)
        many.cancel()
    assert few.result() == [3]
    rows.release(held + few.result())
    assert rows.free == 4
