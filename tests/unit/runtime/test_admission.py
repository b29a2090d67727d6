"""Admission under every interleaving of arrivals, releases and cancellations."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from framemesh.runtime.concurrency.admission import AdmissionQueue

CAPACITY = 5
SETTLED_STEPS = 20


@dataclass(frozen=True, slots=True)
class Want:
    """A request for some units."""

    number: int
    """The number of its arrival."""
    count: int


class Pool:
    """Some units, of which each request takes several."""

    def __init__(self) -> None:
        self.free = CAPACITY
        self.queue = AdmissionQueue(self._take, self._put_back)
        self.granted: list[int] = []
        """The numbers of requests, as they were granted."""

    def _take(self, want: Want) -> Want | None:
        if want.count > self.free:
            return None
        self.free -= want.count
        self.granted.append(want.number)
        return want

    def _put_back(self, want: Want) -> None:
        self.free += want.count
        assert self.free <= CAPACITY


class Holder:
    """A task that asks for some units, and holds them until it is told to leave."""

    def __init__(self, pool: Pool, want: Want) -> None:
        self.want = want
        self.leave = asyncio.Event()
        self.entered = False
        self.inside = False
        self._pool = pool

    async def run(self) -> None:
        async with self._pool.queue.held(self.want) as granted:
            assert granted is self.want
            self.entered = self.inside = True
            try:
                await self.leave.wait()
            finally:
                self.inside = False


class Admissions(RuleBasedStateMachine):
    """Whatever happens between two steps of the event loop, in whatever order.

    A task that is cancelled does not know it until the loop runs: so there are cancellations of
    tasks that have not begun, wait, were granted something and do not know it, or hold it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.pool = Pool()
        self.holders: list[Holder] = []
        self.tasks: dict[Holder, asyncio.Task[None]] = {}

    @rule(count=st.integers(1, CAPACITY))
    def arrive(self, count: int) -> None:
        holder = Holder(self.pool, Want(len(self.holders), count))
        self.holders.append(holder)
        self.tasks[holder] = self.loop.create_task(holder.run())

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(list(self.tasks.values()))).cancel()

    @precondition(lambda self: self._granted())
    @rule(data=st.data())
    def cancel_before_it_knows(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self._granted())).cancel()

    def _granted(self) -> list[asyncio.Task[None]]:
        """The tasks that have a grant and did not run since."""
        return [
            self.tasks[holder]
            for holder in self.holders
            if holder.want.number in self.pool.granted
            and not holder.entered
            and not self.tasks[holder].done()
        ]

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.holders)).leave.set()

    @rule()
    def step(self) -> None:
        self._run_once()

    def _run_once(self) -> None:
        """Run what is ready now, and nothing that becomes ready meanwhile."""
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    @rule()
    def settle(self) -> None:
        for _ in range(SETTLED_STEPS):
            self._run_once()
        held = sum(holder.want.count for holder in self.holders if holder.inside)
        assert self.pool.free == CAPACITY - held, "what nobody holds is free"
        waiting = [h for h in self.holders if not self.tasks[h].done() and not h.inside]
        assert self.pool.queue.waiting == len(waiting), "whoever gave up is forgotten"
        if waiting:
            assert waiting[0].want.count > self.pool.free, "the first waits without need"

    @invariant()
    def nobody_overtakes(self) -> None:
        assert self.pool.granted == sorted(self.pool.granted)

    @invariant()
    def no_more_is_granted_than_there_is(self) -> None:
        assert 0 <= self.pool.free <= CAPACITY

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
        assert self.pool.free == CAPACITY
        assert self.pool.queue.waiting == 0


TestAdmissions = Admissions.TestCase
TestAdmissions.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


async def asking(pool: Pool, count: int) -> asyncio.Task[Want]:
    task = asyncio.ensure_future(pool.queue.acquire(Want(0, count)))
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("position", [0, 1, 2])
async def test_a_waiter_that_is_cancelled_where_the_others_are_let_in_breaks_none(
    position: int,
) -> None:
    """The release comes when the waiter is cancelled and does not know it yet."""
    pool = Pool()
    everything = await pool.queue.acquire(Want(0, CAPACITY))
    waiters = [await asking(pool, 1) for _ in range(3)]
    waiters[position].cancel()
    pool.queue.release(everything)
    done = await asyncio.gather(*waiters, return_exceptions=True)
    assert isinstance(done.pop(position), asyncio.CancelledError)
    assert done == [Want(0, 1)] * 2
    assert pool.free == CAPACITY - 2


async def test_one_that_is_cancelled_after_it_was_let_in_passes_it_on() -> None:
    pool = Pool()
    everything = await pool.queue.acquire(Want(0, CAPACITY))
    first, second = await asking(pool, CAPACITY), await asking(pool, CAPACITY)
    pool.queue.release(everything)
    first.cancel()
    async with asyncio.timeout(1):
        await second
    assert first.cancelled()


async def test_the_next_is_let_in_when_the_first_gives_up() -> None:
    """Nothing is released: the first waited for more than the second needs."""
    pool = Pool()
    await pool.queue.acquire(Want(0, 2))
    first, second = await asking(pool, CAPACITY), await asking(pool, 1)
    first.cancel()
    async with asyncio.timeout(1):
        await second


async def test_those_who_gave_up_behind_one_who_waits_long_are_forgotten() -> None:
    pool = Pool()
    await pool.queue.acquire(Want(0, 1))
    await asking(pool, CAPACITY)
    for _ in range(100):
        (await asking(pool, 1)).cancel()
    await asyncio.sleep(0)
    assert pool.queue.waiting == 1
