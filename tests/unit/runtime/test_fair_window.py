"""A window that many share: those whose items stay leave room for the others."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from framemesh.runtime.concurrency import fair_window
from framemesh.runtime.concurrency.fair_window import FairWindow

COUNT, BYTES, LARGEST = 8, 100, 150
KEYS = ["a", "b", "c"]
SETTLED_STEPS = 20


class Item:
    def __init__(self, window: FairWindow, key: str, size: int) -> None:
        self.key = key
        self.size = size
        self.inside = False
        self.leave = asyncio.Event()
        self._window = window

    async def run(self) -> None:
        await self._window.acquire(self.key, self.size)
        self.inside = True
        try:
            await self.leave.wait()
        finally:
            self.inside = False
            self._window.release(self.key, self.size)


class Crowd:
    """Items that come and stay."""

    def __init__(self, window: FairWindow) -> None:
        self._window = window
        self.tasks: dict[Item, asyncio.Task[None]] = {}

    async def come(self, key: str, size: int = 1) -> Item:
        item = Item(self._window, key, size)
        self.tasks[item] = asyncio.ensure_future(item.run())
        await asyncio.sleep(0)
        return item

    async def let_in(self, key: str, items: int, size: int = 1) -> int:
        """How many of so many new items of a key are let in."""
        return sum([(await self.come(key, size)).inside for _ in range(items)])

    async def go(self, item: Item) -> None:
        item.leave.set()
        await self.tasks.pop(item)
        await asyncio.sleep(0)


@asynccontextmanager
async def crowd(max_count: int, max_bytes: int) -> AsyncIterator[Crowd]:
    found = Crowd(FairWindow(max_count, max_bytes))
    yield found
    for task in found.tasks.values():
        task.cancel()
    await asyncio.gather(*found.tasks.values(), return_exceptions=True)


async def test_one_key_alone_gets_half() -> None:
    async with crowd(512, 1_000_000) as items:
        assert await items.let_in("a", 400) == 256


async def test_keys_that_never_let_go_leave_room_for_each_that_comes_after() -> None:
    async with crowd(512, 1_000_000) as items:
        assert [await items.let_in(key, 300) for key in "abcde"] == [256, 128, 64, 32, 16]


async def test_bytes_are_shared_like_items() -> None:
    async with crowd(10_000, 1000) as items:
        assert [await items.let_in(key, 200, size=10) for key in "abc"] == [50, 25, 12]


async def test_a_key_without_items_is_let_in_with_one_of_any_size() -> None:
    async with crowd(512, 1000) as items:
        assert await items.let_in("a", 10, size=100) == 5
        assert await items.let_in("b", 2, size=5000) == 1


async def test_only_one_item_is_over_the_bytes_at_once() -> None:
    async with crowd(512, 1000) as items:
        assert await items.let_in("a", 2, size=5000) == 1
        assert await items.let_in("b", 1, size=1) == 0


async def test_what_one_key_gives_back_goes_to_those_of_others_who_wait() -> None:
    async with crowd(4, 1000) as items:
        first = [await items.come("a") for _ in range(2)]
        assert await items.let_in("b", 1) == 1
        waits = await items.come("b")
        assert not waits.inside
        for item in first:
            await items.go(item)
        assert waits.inside


async def test_keys_that_are_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_window, "MAX_IDLE_SHARES", 10)
    window = FairWindow(512, 1000)
    for number in range(1000):
        await window.acquire(f"{number}", 1)
        window.release(f"{number}", 1)
    assert len(window._shares) <= 10


class Sharing(RuleBasedStateMachine):
    """Arrivals, departures and cancellations of three keys, between single steps of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.window = FairWindow(COUNT, BYTES)
        self.items: list[Item] = []
        self.tasks: dict[Item, asyncio.Task[None]] = {}

    @rule(key=st.sampled_from(KEYS), size=st.integers(1, LARGEST))
    def arrive(self, key: str, size: int) -> None:
        item = Item(self.window, key, size)
        self.items.append(item)
        self.tasks[item] = self.loop.create_task(item.run())

    @precondition(lambda self: self.items)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(list(self.tasks.values()))).cancel()

    @precondition(lambda self: self.items)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.items)).leave.set()

    @rule()
    def step(self) -> None:
        self._run_once()

    def _run_once(self) -> None:
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    @rule()
    def settle(self) -> None:
        for _ in range(SETTLED_STEPS):
            self._run_once()
        inside = [item for item in self.items if item.inside]
        assert self.window.count == len(inside)
        assert self.window.bytes == sum(item.size for item in inside)
        counts: dict[str, int] = defaultdict(int)
        for item in inside:
            counts[item.key] += 1
        for key in KEYS:
            waiting = [
                item
                for item in self.items
                if item.key == key and not item.inside and not self.tasks[item].done()
            ]
            if waiting and not counts[key]:
                full = self.window.count >= COUNT or self.window.bytes > BYTES
                assert full, "a key that holds nothing waits only where nothing is left"
            if waiting and not inside:
                pytest.fail("nobody is in, and somebody waits")

    @invariant()
    def it_is_bounded(self) -> None:
        assert 0 <= self.window.count <= COUNT
        assert 0 <= self.window.bytes <= BYTES + LARGEST

    @invariant()
    def nobody_fails(self) -> None:
        for task in self.tasks.values():
            if task.done() and not task.cancelled():
                task.result()

    def teardown(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        for _ in range(SETTLED_STEPS):
            self._run_once()
        self.loop.close()
        assert (self.window.count, self.window.bytes) == (0, 0)


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
